"""What is known of one app's calls by all who send them: their pace, their number, and what stops them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from domain.breaker import Breaker
from domain.outcomes import Answered, Failure, Throttled
from domain.pacing import NONE, Pace, Share, Slots, Tally
from domain.shop_calls import ShopCalls

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""What the times of an allowance are counted from, and what stands for long ago."""

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SECONDS_A_DAY = DAY // timedelta(seconds=1)

REACHED = 0.8
"""From this part of a limit on, throttling is put down to it: the background alone never uses more than 0.86 of one
(`pacing.SLACK`, `calls_kept_for_people.PEOPLES_TURN`), and others may use the app."""

AFTER_A_BREACH = timedelta(minutes=5)
"""TikTok's documented wait after a breach of the minute's limit; after one of the day's it is until 00:00 UTC."""

REMEMBERED = timedelta(hours=1)
"""For how long a process counts as one that sends calls."""

UNKNOWN_CROWD = 10
"""How many processes a process takes for granted, and the most that it shares with, while it cannot ask."""

REJOINING = timedelta(seconds=15)
"""After the store's return others may still send what they gave themselves: longer than any batch and any look for it."""

REPEATS_SHARE = 10
"""Of so many slots at most one goes to a repeat of what was refused."""
REPEATS_AHEAD = timedelta(seconds=30)
"""For how long ahead repeats may use up their share at once: two sweeps, as they come by default."""

AHEAD = timedelta(minutes=2)
"""Slots further on than anybody reserves come from a clock that was wrong, and are forgotten."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a process, the limit it was told, and the mark of the secret that its calls carry."""

    name: str
    secret: str
    qps: float


@dataclass(frozen=True, slots=True)
class Taken:
    """What a caller was given. Without slots: `because` is what stops the app's calls, if they are stopped."""

    slots: Slots
    because: Failure | None = None
    trial: bool = False
    """The one call that finds out whether the others may go on."""
    own_call_first: bool = False
    """This person's last call is still to be sent."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Times are spans since 1970-01-01 00:00 UTC, so that a day is the platform's."""

    pace: Pace = field(default_factory=Pace)
    minute: Tally = field(default_factory=lambda: Tally(timedelta(seconds=1)))
    """Slots given away, by when they are."""
    day: Tally = field(default_factory=lambda: Tally(DAY))
    share: Share = field(default_factory=Share)
    throttling: Breaker = field(default_factory=Breaker)
    outages: Mapping[str, Breaker] = field(default_factory=dict)
    """By the secret's mark: with a wrong one, nothing is known of the others."""
    callers: Mapping[str, timedelta] = field(default_factory=dict)
    """When each process last asked."""
    rejoining_until: timedelta = NONE
    repeats_at: timedelta = NONE
    """From when on there is room for one more repeat of what was refused."""
    shop_calls: ShopCalls = field(default_factory=ShopCalls)
    """Those for reports of shops, which the platform counts apart as well."""
    turns: Mapping[str, timedelta] = field(default_factory=dict)
    """By the mark of each person who has a call ahead: from when on the next may be had."""

    def take(
        self,
        now: timedelta,
        calls: int,
        caller: Caller,
        *,
        within: timedelta,
        people: bool,
        repeats: bool = False,
        imports: bool = False,
        person: str = "",
    ) -> tuple["Allowance", Taken]:
        """Give away up to `wanted` slots, or the one trial. An import has the very next slot or none, and never the trial.

        A person (by a mark) who has a slot ahead has no second one; nor has, until the next slot is past, one whose call goes at
        once. So whoever has many calls to send takes turns with the others.
        """
        seen = self._seen(caller, now)
        if now < (last := self.turns.get(person, now)) <= now + AHEAD:
            return seen, Taken(Slots((), last), own_call_first=True)
        outage = self._outage(caller)
        allowed = min(self.throttling.most(now, calls), outage.most(now, calls))
        if imports and outage.stops_others(now):
            allowed = 0
        if allowed < min(calls, 1):
            again_at = now + self.wait(now, caller)
            return seen, Taken(Slots((), again_at), because=self.throttling.stops(now) or outage.because)
        paced = self._paced(now, caller.qps)
        within = min(within, paced.apart) if imports else within
        repeats_at, apart = max(self.repeats_at, now), paced.apart * REPEATS_SHARE
        if repeats:
            allowed = min(allowed, max((now + REPEATS_AHEAD - repeats_at) // apart, 0))
        pace, slots = paced.reserve(now, allowed, within=within, people=people, last=imports)
        seen = replace(seen, pace=pace)
        if not slots.times:
            return seen, Taken(slots)
        if repeats:
            seen = replace(seen, repeats_at=repeats_at + apart * len(slots.times))
        minute, day = self.minute.add(slots.times, now, keep=MINUTE), self.day.add(slots.times, now, keep=DAY)
        tried = outage.tried(now)
        outages = self._with_outage(caller, tried)
        turns = {mark: at for mark, at in self.turns.items() if now < at <= now + AHEAD}
        if person:
            turns[person] = max(slots.times[-1], now + paced.apart)
        taken = Taken(slots, trial=tried != outage)
        return replace(seen, minute=minute, day=day, outages=outages, turns=turns), taken

    def take_for_shops(self, now: timedelta, caller: Caller, *, within: timedelta) -> tuple["Allowance", Taken]:
        """Give away an import's next slot for a report of shops, where their own limits leave room too."""
        if wait := self.shop_calls.wait(now):
            return self._seen(caller, now), Taken(Slots((), now + wait))
        allowance, taken = self.take(now, 1, caller, within=within, people=False, imports=True)
        if taken.slots.times:
            allowance = replace(allowance, shop_calls=self.shop_calls.with_call(taken.slots.times[0], now))
        return allowance, taken

    def learn(self, failure: Failure | None, now: timedelta, caller: Caller, *, jitter: float = 0.0) -> "Allowance":
        """Take in what a call came to. `jitter`, in [0, 1): how much of a tenth to lengthen a back-off by."""
        throttling, share, outage = self.throttling, self.share, Breaker()
        if failure is None or isinstance(failure, Answered):
            throttling = self.throttling.after(None, now)
        elif isinstance(failure, Throttled):
            throttling, share = self._throttled(failure, now, caller, jitter)
        else:
            was = self._outage(caller)
            outage = _jittered(was, was.after(failure, now), now, jitter)
        return replace(self, throttling=throttling, share=share, outages=self._with_outage(caller, outage))

    def stops(self, now: timedelta, caller: Caller, *, trying: bool = False) -> Failure | None:
        """What forbids this caller to send now; nothing forbids it the trial, if it is the one who was given that."""
        outage = self._outage(caller)
        return self.throttling.stops(now) or (outage.stops(now) if trying else outage.stops_others(now))

    def wait(self, now: timedelta, caller: Caller) -> timedelta:
        """How long until calls, or a trial, may be had; zero for at once."""
        return max(self.throttling.wait(now), self._outage(caller).wait(now))

    def share_of_one(self, now: timedelta, qps: float) -> float:
        """The calls a second of a process that cannot ask, whole ones where it can be: each may send at the same moment."""
        callers = sum(at > now - REMEMBERED for at in self.callers.values())
        share = qps / (min(callers, UNKNOWN_CROWD) or UNKNOWN_CROWD)
        return share if share < 1 else share // 1

    def left_alone(self, now: timedelta, caller: Caller, *, promised_until: timedelta) -> "Allowance":
        """Go on with a share of the limit, and not before what was promised to anybody is past.

        Only people are served before that, since they would not come back: from that share too.
        """
        pace = Pace.of(self.share_of_one(now, caller.qps))
        count = max(promised_until - now, NONE) // pace.apart
        kept = tuple(now + pace.apart * i for i in range(count))
        return replace(self, pace=replace(pace, next_at=max(now, promised_until), kept=kept))

    def rejoined(self, now: timedelta, alone: "Allowance") -> "Allowance":
        """Go on with all others after a time alone, of which this is what was learnt.

        Until none of them sends any more what it gave itself, the limit here is that of one.
        """
        throttling = max(self.throttling, alone.throttling, key=lambda breaker: breaker.until)
        pace = replace(self.pace, next_at=max(self.pace.next_at, alone.pace.next_at))
        callers = {**alone.callers, **self.callers}
        return replace(self, throttling=throttling, pace=pace, callers=callers, rejoining_until=now + REJOINING)

    def rate(self, now: timedelta, qps: float) -> float:
        """How many calls a second may be sent now."""
        rate = qps * self.share.at(now)
        return min(rate, self.share_of_one(now, qps)) if now < self.rejoining_until else rate

    def _paced(self, now: timedelta, qps: float) -> Pace:
        pace, furthest = self.pace, now + AHEAD
        kept = tuple(time for time in pace.kept if time <= furthest)
        return replace(
            pace,
            apart=Pace.of(self.rate(now, qps)).apart,
            next_at=min(pace.next_at, furthest),
            kept=kept,
            kept_used_at=min(pace.kept_used_at, furthest),
            at_once_at=min(pace.at_once_at, now),
            repaid_at=pace.repaid_at if pace.repaid_at <= furthest else NONE,
        )

    def _seen(self, caller: Caller, now: timedelta) -> "Allowance":
        recent = {name: at for name, at in self.callers.items() if now - REMEMBERED < at <= now}
        return replace(self, callers={**recent, caller.name: now})

    def _outage(self, caller: Caller) -> Breaker:
        return self.outages.get(caller.secret, Breaker())

    def _with_outage(self, caller: Caller, breaker: Breaker) -> Mapping[str, Breaker]:
        others = {mark: other for mark, other in self.outages.items() if mark != caller.secret}
        return others if breaker == Breaker() else {**others, caller.secret: breaker}

    def _throttled(self, failure: Throttled, now: timedelta, caller: Caller, jitter: float) -> tuple[Breaker, Share]:
        retry_after = failure.retry_after
        if self.day.within(now, DAY) >= REACHED * SECONDS_A_DAY * caller.qps:
            retry_after = DAY - now % DAY
        elif self.minute.within(now, MINUTE) >= REACHED * 60 * caller.qps:
            retry_after = max(retry_after or NONE, AFTER_A_BREACH)
        throttling = self.throttling.throttled(failure, retry_after, now)
        if retry_after is None:
            throttling = _jittered(self.throttling, throttling, now, jitter)
        if self.throttling.wait(now):
            return throttling, self.share
        return throttling, self.share.halved(now, resting_until=throttling.until)


def _jittered(was: Breaker, breaker: Breaker, now: timedelta, jitter: float) -> Breaker:
    """A pause that has just begun, lengthened by up to a tenth."""
    if breaker.until == was.until:
        return breaker
    return replace(breaker, until=breaker.until + (breaker.until - now) * jitter / 10)
