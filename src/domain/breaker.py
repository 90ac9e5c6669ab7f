"""What stops all calls of an app: it is throttled, the platform is away, or the app is misconfigured. Pure."""

from dataclasses import dataclass, replace
from datetime import timedelta

from domain.outcomes import Failure, InDoubt, Misconfigured, NotPermitted, OurFault, PathMissing, Refused, Throttled, Unavailable

FIRST_PAUSE = timedelta(seconds=1)
"""After throttling that does not say how long; doubled up to `LONGEST_PAUSE`."""
LONGEST_PAUSE = timedelta(minutes=5)
"""TikTok's documented wait after a breach of the minute's limit."""
TRIAL_EVERY = timedelta(seconds=30)
LOST_IN_A_ROW = 5
"""So many calls without any answer open the breaker."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Closed by default. Times are spans since any fixed moment.

    Throttling is a pause, after which calls go on as before. Else the app's calls are stopped, and one trial at a time finds
    out whether they may go on.
    """

    because: Failure | None = None
    until: timedelta = timedelta(0)
    """Nothing is sent before this."""
    pause: timedelta = timedelta(0)
    """How long the last pause was that doubles."""
    lost: int = 0
    trial_until: timedelta | None = None
    """A trial is under way; after this it counts as never made."""

    def stops(self, now: timedelta) -> Failure | None:
        """What forbids to send now. Nothing forbids the trial."""
        if self.wait(now):
            return None if self._on_trial(now) else self.because
        return self.because if self._needs_trial else None

    def stops_others(self, now: timedelta) -> Failure | None:
        """What forbids those to send now who were not given the trial."""
        return self.because if self._needs_trial else self.stops(now)

    def wait(self, now: timedelta) -> timedelta:
        """How long until calls, or a trial, may be had; zero for at once."""
        end = self.trial_until if self._on_trial(now) and self.trial_until else self.until
        return max(end - now, timedelta(0))

    def most(self, now: timedelta, calls: int) -> int:
        """How many of the wanted calls may be had now."""
        if self.wait(now):
            return 0
        return min(calls, 1) if self._needs_trial else calls

    def tried(self, now: timedelta) -> "Breaker":
        """Calls were had: if that was the trial, nobody else gets one for a while."""
        return replace(self, trial_until=now + TRIAL_EVERY) if self._needs_trial else self

    def after(self, failure: Failure | None, now: timedelta) -> "Breaker":
        """Take in what a call came to. What was sent before a pause and ends within it neither lengthens nor lifts it."""
        match failure:
            case None | Refused() | PathMissing() | OurFault() | NotPermitted():
                late = isinstance(self.because, Throttled) and now < self.until
                return replace(self, lost=0) if late else Breaker()
            case Throttled(retry_after=retry_after):
                return self.throttled(failure, retry_after, now)
            case Misconfigured():
                return self._paused(failure, now, first=TRIAL_EVERY)
            case Unavailable() | InDoubt():
                return self._unanswered(failure, now)

    def throttled(self, failure: Throttled, retry_after: timedelta | None, now: timedelta) -> "Breaker":
        """Pause for as long as we were told, if we were; else for longer each time."""
        if retry_after is None:
            return self._paused(failure, now, first=FIRST_PAUSE)
        again = isinstance(self.because, Throttled)
        if again and now + retry_after <= self.until:
            return self
        return Breaker(failure, now + retry_after, self.pause if again else timedelta(0))

    @property
    def _needs_trial(self) -> bool:
        return self.because is not None and not isinstance(self.because, Throttled)

    def _on_trial(self, now: timedelta) -> bool:
        return self.trial_until is not None and now < self.trial_until

    def _paused(self, failure: Failure, now: timedelta, *, first: timedelta) -> "Breaker":
        again = type(self.because) is type(failure)
        if again and now < self.until:
            return self
        pause = min(max(self.pause * 2, first), LONGEST_PAUSE) if again else first
        return Breaker(failure, now + pause, pause)

    def _unanswered(self, failure: Failure, now: timedelta) -> "Breaker":
        if self._needs_trial:
            return self if now < self.until else replace(self, until=now + max(self.pause, TRIAL_EVERY), trial_until=None)
        if self.lost + 1 < LOST_IN_A_ROW:
            return replace(self, lost=self.lost + 1)
        return Breaker(failure, now + TRIAL_EVERY, lost=self.lost + 1)
