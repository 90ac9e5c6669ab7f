"""A fleet through a month in simulated time, with outages: the real due times, the budget's slots, the most urgent first.

It is a model of the scheduler, in which a rotation takes microseconds: the real one over a whole fleet is in
tests/chaos/test_fleet_in_simulated_time.py. Fleets and budgets are scaled down together, since their ratio alone counts.
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from benchmarks import svg_plots
from benchmarks.measurement import Figures, Goal, Verdict
from benchmarks.report import Section
from domain.calls_kept_for_people import PEOPLES_TURN
from domain.due_times import due_at
from domain.ids import GrantId
from domain.pacing import SLACK
from domain.rotation_policy import RotationPolicy
from domain.tokens import Expiring, Sealed

POLICY, START = RotationPolicy(), datetime(2026, 1, 1, tzinfo=UTC)
LIFE, HOUR = 86_400.0, 3600.0
SIZES, BUDGETS = (10_000, 100_000, 400_000, 1_000_000, 2_000_000, 10_000_000), (10, 50)
MODEL = 4000
"""Grants in the model of a larger fleet."""


@dataclass(frozen=True, slots=True)
class Month:
    """What is simulated. Times are seconds."""

    grants: int
    calls_a_second: float
    days: int = 30
    outage_hours: float = 6
    """On the tenth day the platform is away for so long."""
    deploys_a_day: int = 2
    """Each lets a minute pass without a sweep."""
    throttled_minutes_a_day: float = 10
    """During which half of the budget is used."""


@dataclass(frozen=True, slots=True)
class Lived:
    """What became of it."""

    rotations: int
    wasted: int
    """Calls in the outage that found nobody."""
    without_token: float
    """Seconds, of all grants."""
    backlog: int
    """The most that were due at once."""
    share_with_token: float
    seconds: float
    """Of computing."""


def live_through(month: Month) -> Lived:
    """All days, sweep by sweep."""
    began, chance, step = time.perf_counter(), random.Random(7), POLICY.sweep_every.total_seconds()
    offsets = [due_after(number) for number in range(month.grants)]
    coming = [(age_due - LIFE / 2 * chance.random(), number) for number, age_due in enumerate(offsets)]
    coming = [(max(at, 0.0), number) for at, number in coming]
    expires = [at + LIFE - offsets[number] for at, number in coming]
    heapq.heapify(coming)
    ready, slots = list[tuple[float, int]](), 0.0
    usable = month.calls_a_second / SLACK * (PEOPLES_TURN - 1) / PEOPLES_TURN
    rotations = wasted = backlog = 0
    without, now, end = 0.0, 0.0, month.days * LIFE
    away = (10 * LIFE, 10 * LIFE + month.outage_hours * HOUR)
    while now < end:
        now += step
        while coming and coming[0][0] <= now:
            _, number = heapq.heappop(coming)
            heapq.heappush(ready, (expires[number], number))
        backlog = max(backlog, len(ready))
        if away[0] <= now < away[1]:
            wasted += now % 30 < step  # the breaker tries one call every 30 seconds
            continue
        in_day = now % LIFE
        if any(0 <= in_day - LIFE * (n + 1) / (month.deploys_a_day + 1) < 60 for n in range(month.deploys_a_day)):
            continue
        throttled = in_day < month.throttled_minutes_a_day * 60
        slots = min(slots, usable * step) * bool(ready) + usable * step * (0.5 if throttled else 1)
        while ready and slots >= 1:
            slots -= 1
            expiry, number = heapq.heappop(ready)
            without += max(now - expiry, 0)
            expires[number] = now + LIFE
            heapq.heappush(coming, (now + offsets[number], number))
            rotations += 1
    without += sum(max(now - expires[number], 0) for _, number in ready)
    share = 1 - without / (month.grants * end)
    return Lived(rotations, wasted, without, backlog, share, time.perf_counter() - began)


def due_after(number: int) -> float:
    """Seconds after which a day-long token of this grant is due, by the real policy."""
    year = timedelta(days=365)
    nothing = Sealed(b"")
    pair = Expiring(nothing, nothing, START, START + timedelta(seconds=LIFE), START + year, assumed=False)
    return (due_at(POLICY, pair, GrantId(f"grant-{number}")) - START).total_seconds()


def scaled(size: int, calls_a_second: float, **more: float) -> Month:
    """The month of a fleet, by a model of it that is a few thousand large."""
    factor = min(MODEL / size, 1)
    return replace(Month(round(size * factor), calls_a_second * factor), **more)  # type: ignore[arg-type] # hours and days


def largest_carried(calls_a_second: float) -> int:
    """The largest fleet of which nobody is without a token for a second, to within a fiftieth."""
    carried, not_carried = 10_000, 10_000_000
    while not_carried > 1.02 * carried:
        middle = round((carried * not_carried) ** 0.5)
        if live_through(scaled(middle, calls_a_second, days=14)).without_token:
            not_carried = middle
        else:
            carried = middle
    return carried


def measure() -> Section:
    """The whole benchmark."""
    rows, shares = list[Sequence[object]](), dict[str, list[float]]()
    for budget in BUDGETS:
        for size in SIZES:
            lived = live_through(scaled(size, budget))
            shares.setdefault(f"{budget} a second", []).append(max(lived.without_token / MODEL / 30, 0.01))
            rows.append((spaced(size), budget, *cells(lived, size)))
    outages = [
        (f"{hours} h", *cells(live_through(scaled(400_000, 10, outage_hours=hours)), 400_000)) for hours in (1, 3, 6, 9, 12)
    ]
    carried = [(budget, spaced(largest_carried(budget))) for budget in BUDGETS]
    goal = live_through(scaled(400_000, 10))
    costs = [live_through(Month(size, size / 40_000, days=11)).seconds for size in (2_000, 4_000, 8_000, 16_000)]
    growth = ", ".join(f"{late / early:.2g}" for early, late in pairwise(costs))
    head = ("Share of time with a token", "Seconds without, a grant", "Calls wasted", "Peak backlog")
    return Section(
        "A fleet through a month",
        "Thirty days with an outage of six hours on the tenth, two deploys a day (a minute each without a sweep) and ten minutes "
        "of throttling a day. It is a model: the real policy's due times, the budget's slots without those kept for people, the "
        f"most urgent first; fleets above {spaced(MODEL)} grants are scaled down with their budget. The real rotation goes "
        "through the same in tests/chaos. The model's own computing grows with the fleet, doubled each time, by "
        f"{growth}.",
        [
            (("Grants", "Calls a second", *head), rows),
            (("Outage, at 400 000 grants and 10 calls a second", *head), outages),
            (("Calls a second", "Largest fleet in which nobody is without a token for a second"), carried),
        ],
        [
            Verdict(
                Goal("fleet of 400 000 at 10 calls a second, 30 days, outage of 6 h: time without a token", "at most", 0, " s"),
                Figures.of([goal.without_token]),
                "the backlog of the outage does not fit into what is left of the tokens' lives",
            )
        ],
        {"fleet.svg": svg_plots.lines("Seconds a day without a token, a grant", SIZES, shares, unit="s", x_unit="")},
    )


def cells(lived: Lived, size: int) -> Iterator[str]:
    factor = max(size / MODEL, 1)
    yield f"{100 * lived.share_with_token:.4g} %"
    yield f"{lived.without_token / min(size, MODEL):.3g}"
    yield f"{lived.wasted}"
    yield spaced(round(lived.backlog * factor))


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
