"""When calls may be sent, so that a limit a second is kept by all who share one `Pace`. Pure, for a store of any kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

NONE = timedelta(0)

PEOPLES_TURN = 10
"""Every tenth slot is kept for people: the background passes it over."""

SLACK = 1.05
"""Slots are a twentieth further apart than the limit allows: the platform counts arrivals, and those come early or late."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Times at which a call may be sent, earliest first. With none: `again_at` is when one may be had."""

    times: tuple[timedelta, ...]
    again_at: timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """Evenly spaced slots, each given away once. There is no burst: slots that nobody took in time are gone.

    Times are spans since any fixed moment. People take the earliest slot there is, whether it was kept for them or not.
    """

    apart: timedelta = timedelta(seconds=1)
    next_at: timedelta = NONE
    """The first slot that was neither given away nor passed over."""
    turn: int = 0
    """How many slots the next one is past the last that was people's."""
    kept: tuple[timedelta, ...] = ()
    """Slots for people that the background passed over."""

    @classmethod
    def of(cls, calls_a_second: float) -> "Pace":
        """The pace that keeps this limit in any one second, and so sixty times it in any minute."""
        return cls(timedelta(seconds=SLACK / calls_a_second))

    def reserve(self, now: timedelta, calls: int, *, within: timedelta, people: bool) -> tuple["Pace", Slots]:
        """Give away up to `wanted` slots of the time from now until `within`."""
        pace = replace(self, next_at=max(self.next_at, now), kept=tuple(time for time in self.kept if time >= now))
        taken: list[timedelta] = []
        while True:
            following, slot = _following(pace, people=people)
            if len(taken) >= calls or slot > now + within:
                return (pace if taken else self), Slots(tuple(taken), again_at=slot - within)
            taken.append(slot)
            pace = following


def _following(pace: Pace, *, people: bool) -> tuple[Pace, timedelta]:
    """The earliest slot for such a caller, and the pace once it is taken."""
    if people and pace.kept:
        return replace(pace, kept=pace.kept[1:]), pace.kept[0]
    past = replace(pace, next_at=pace.next_at + pace.apart, turn=(pace.turn + 1) % PEOPLES_TURN)
    if not people and pace.turn == PEOPLES_TURN - 1:
        return _following(replace(past, kept=(*pace.kept, pace.next_at)), people=False)
    return past, pace.next_at


RECOVERS_IN = timedelta(minutes=10)
"""How long it takes from nothing back to the whole limit, evenly."""
SMALLEST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the limit that is used: halved by each throttling, and growing back evenly."""

    part: float = 1.0
    since: timedelta = NONE
    """From when on it grows."""

    def at(self, now: timedelta) -> float:
        """The part at this time."""
        return min(1.0, self.part + max(now - self.since, NONE) / RECOVERS_IN)

    def halved(self, now: timedelta, *, resting_until: timedelta) -> "Share":
        """After a throttling that is waited out until then."""
        return Share(max(self.at(now) / 2, SMALLEST_SHARE), resting_until)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many slots were given away, counted by periods of this length."""

    period: timedelta
    counts: Mapping[int, int] = field(default_factory=dict)
    """By the number of the period."""

    def add(self, times: Iterable[timedelta], now: timedelta, *, keep: timedelta) -> "Tally":
        """Count these slots too, and forget what is older than `keep`."""
        oldest = (now - keep) // self.period
        counts = {number: count for number, count in self.counts.items() if number >= oldest}
        for time in times:
            counts[time // self.period] = counts.get(time // self.period, 0) + 1
        return Tally(self.period, counts)

    def within(self, now: timedelta, span: timedelta) -> int:
        """How many there were in the time before now: in as many periods as make up the span, the present one included."""
        newest = now // self.period
        return sum(count for number, count in self.counts.items() if newest - span // self.period < number <= newest)
