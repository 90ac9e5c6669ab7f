"""A chart of spend by day: bars for an inline SVG. What may still change is drawn as an outline, so that no colour is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WIDTH, HEIGHT, GAP = 720, 180, Decimal("0.25")
"""Of the drawing; the gap is a share of a bar's place."""

PLACES = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Bar:
    """One day."""

    day: date
    amount: Decimal
    closed: bool
    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from the first day to the last, on one scale."""

    bars: tuple[Bar, ...]
    highest: Decimal
    width: int = WIDTH
    height: int = HEIGHT


def chart_of(days: Sequence[date], amounts: Mapping[date, Decimal], closed: frozenset[date]) -> Chart:
    """The chart of these days. A day below nothing, which a correction may be, has no bar."""
    highest = max([*amounts.values(), Decimal(0)])
    place = Decimal(WIDTH) / max(len(days), 1)
    bars = []
    for number, day in enumerate(days):
        amount = amounts.get(day, Decimal(0))
        height = max(amount, Decimal(0)) / highest * HEIGHT if highest else Decimal(0)
        x = place * (number + GAP / 2)
        sizes = (x, HEIGHT - height, place * (1 - GAP), height)
        bars.append(Bar(day, amount, day in closed, *(size.quantize(PLACES) for size in sizes)))
    return Chart(tuple(bars), highest)
