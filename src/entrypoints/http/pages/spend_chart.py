"""A chart of spend by day: bars for an inline SVG. Filled, in outline or hatched, so that no colour is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

WIDTH, HEIGHT, GAP = 720, 180, Decimal("0.25")
"""Of the drawing; the gap is a share of a bar's place."""

PLACES = Decimal("0.01")


class BarLook(Enum):
    """How a day is drawn."""

    CLOSED = "closed"
    """Filled: its figures are relied on."""
    OPEN = "open"
    """In outline: they may still change."""
    UNREAD = "unread"
    """Hatched over the whole height: nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. `amount` is None where nothing is known of it."""

    day: date
    amount: Decimal | None
    look: BarLook
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


def chart_of(days: Sequence[date], amounts: Mapping[date, Decimal], looks: Mapping[date, BarLook]) -> Chart:
    """The chart of these days. A day below nothing, which a correction may be, has no bar."""
    highest = max([*amounts.values(), Decimal(0)])
    place = Decimal(WIDTH) / max(len(days), 1)
    bars = []
    for number, day in enumerate(days):
        amount, look = amounts.get(day, Decimal(0)), looks[day]
        share = max(amount, Decimal(0)) / highest if highest else Decimal(0)
        height = HEIGHT * (Decimal(1) if look is BarLook.UNREAD else share)
        x = place * (number + GAP / 2)
        sizes = (x, HEIGHT - height, place * (1 - GAP), height)
        bars.append(Bar(day, None if look is BarLook.UNREAD else amount, look, *(size.quantize(PLACES) for size in sizes)))
    return Chart(tuple(bars), highest)
