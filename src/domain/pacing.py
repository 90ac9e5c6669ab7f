"""When calls may be sent, so that a limit a second is kept by all who share one `Pace`. Pure, for a store of any kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.calls_kept_for_people import PEOPLES_TURN, following, is_peoples

NONE = timedelta(0)
SECOND = timedelta(seconds=1)
"""What the platform's limit is counted in."""

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

    Times are spans since any fixed moment. People take the earliest slot there is, whether it was kept for them or not; and where
    no kept one is used within a second, before or after, one of them goes at once in its place. Whoever comes last repays what
    people had: the next slot is left to them, and once that is past unused, another person goes at once.
    """

    apart: timedelta = timedelta(seconds=1)
    next_at: timedelta = NONE
    """The first slot that was neither given away nor passed over."""
    turn: int = 0
    """How many slots the next one is past the last that was people's."""
    kept: tuple[timedelta, ...] = ()
    """Slots for people that the background passed over."""
    kept_used_at: timedelta = -SECOND
    """The latest time at which a kept slot, or a call in its place, was given away."""
    at_once_at: timedelta = -SECOND
    """The latest call in the place of a kept slot: those within a second of it are used up with it."""
    repaid_at: timedelta = -SECOND
    """The latest slot that was left to people for one that they had."""

    @classmethod
    def of(cls, calls_a_second: float) -> "Pace":
        """The pace that keeps this limit in any one second, and so sixty times it in any minute."""
        return cls(timedelta(seconds=SLACK / calls_a_second))

    def reserve(self, now: timedelta, calls: int, *, within: timedelta, people: bool, last: bool = False) -> tuple["Pace", Slots]:
        """Give away up to `calls` slots of the time from now until `within`. `last`: to whoever comes behind everybody."""
        pace = replace(self, next_at=max(self.next_at, now), kept=tuple(time for time in self.kept if time >= now))
        taken: list[timedelta] = []
        repaid = False
        while True:
            after, slot = _for_a_person(pace, now) if people else _for_others(pace)
            if len(taken) >= calls or slot > now + within:
                return (pace if taken or repaid else self), Slots(tuple(taken), again_at=slot - within)
            if last and _is_owed(pace, now):
                pace, repaid = _repaid(pace), True
                continue
            taken.append(slot)
            pace = after


def _for_a_person(pace: Pace, now: timedelta) -> tuple[Pace, timedelta]:
    """The earliest slot for a person, and the pace once it is taken."""
    if pace.next_at > now and _has_room_at_once(pace, now):
        kept = tuple(time for time in pace.kept if time >= now + SECOND)
        return replace(pace, kept=kept, kept_used_at=now, at_once_at=now), now
    if pace.kept:
        slot = pace.kept[0]
        return replace(pace, kept=pace.kept[1:], kept_used_at=max(pace.kept_used_at, slot)), slot
    if is_peoples(pace.turn):
        pace = _passed_over(pace)
        return _for_a_person(pace, now) if pace.kept else _next(pace)
    return _next(pace)


def _for_others(pace: Pace) -> tuple[Pace, timedelta]:
    """The earliest slot that is not kept for people, and the pace once it is taken."""
    return _next(_passed_over(pace) if is_peoples(pace.turn) else pace)


def _next(pace: Pace) -> tuple[Pace, timedelta]:
    return replace(pace, next_at=pace.next_at + pace.apart, turn=following(pace.turn)), pace.next_at


def _passed_over(pace: Pace) -> Pace:
    """The next slot is kept for people, unless one of them had it already."""
    past, slot = _next(pace)
    return past if slot < pace.at_once_at + SECOND else replace(past, kept=(*pace.kept, slot))


def _is_owed(pace: Pace, now: timedelta) -> bool:
    """Whether people had a slot of theirs within a second, for which none was left to them since."""
    return now - SECOND < pace.kept_used_at < pace.next_at and pace.repaid_at <= pace.kept_used_at


def _repaid(pace: Pace) -> Pace:
    """The next slot that is not people's anyway is left to them."""
    if is_peoples(pace.turn):
        pace = _passed_over(pace)
    past, slot = _next(pace)
    return replace(past, kept=(*pace.kept, slot), repaid_at=slot)


def _has_room_at_once(pace: Pace, now: timedelta) -> bool:
    """Whether a call between the slots keeps the limit: as many slots as fit into a second then have a kept one among them, and
    none of those is used, or for the latest that is used another was left, which is past.
    """
    between = (pace.next_at - now) % pace.apart > NONE
    unused = pace.kept_used_at <= now - SECOND or pace.kept_used_at < pace.repaid_at < now
    return between and PEOPLES_TURN * pace.apart <= SLACK * SECOND and unused


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
