"""An outage of the platform in the log: one line when it has lasted a minute, one when it is over."""

import logging
import threading
from dataclasses import dataclass, field
from datetime import timedelta

from application.ports.budget import Budget, Lane, Obstacle, Permits
from application.ports.clock import Clock
from domain.ids import AppId, OwnerId
from domain.outcomes import Failure, InDoubt, Unavailable

log = logging.getLogger(__name__)

TOLD_AFTER = timedelta(minutes=1)


@dataclass(slots=True)
class OutageTellingBudget:
    """The budget learns what every call came to, so it knows since when there was no answer."""

    budget: Budget
    clock: Clock
    _silent_since: timedelta | None = field(default=None, init=False)
    """When the first call of those in a row was over that brought no answer."""
    _told: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta, person: OwnerId | None = None) -> Permits:
        return self.budget.take(app, wanted, lane, within=within, person=person)

    def stopped(self, app: AppId) -> Obstacle | None:
        return self.budget.stopped(app)

    def departs(self, lane: Lane) -> None:
        self.budget.departs(lane)

    def learn(self, app: AppId, failure: Failure | None) -> timedelta:
        with self._lock:
            self._note(failure)
        return self.budget.learn(app, failure)

    def _note(self, failure: Failure | None) -> None:
        now = self.clock.monotonic()
        if not isinstance(failure, Unavailable | InDoubt):
            if self._told:
                lasted = round((now - (self._silent_since or now)).total_seconds())
                log.warning("TikTok is back: calls are answered again", extra={"seconds": lasted})
            self._silent_since, self._told = None, False
            return
        self._silent_since = now if self._silent_since is None else self._silent_since
        if not self._told and now - self._silent_since > TOLD_AFTER:
            self._told = True
            extra = {"seconds": round((now - self._silent_since).total_seconds()), "because": failure.detail}
            log.warning("TikTok is away: no call was answered for more than a minute", extra=extra)
