"""The budget of calls, which gives none while the database is on hold, or an operator has paused them."""

from dataclasses import dataclass
from datetime import timedelta

from application.database_hold.identity_watch import IdentityWatch
from application.database_hold.pause_watch import PauseWatch
from application.ports.budget import Budget, Lane, Obstacle, Permits
from domain.database_hold import Held
from domain.errors import HOLD_LASTS
from domain.ids import AppId, OwnerId
from domain.outcomes import Failure
from domain.pause import Paused


@dataclass(frozen=True, slots=True)
class HeldBudget:
    """Every call to the platform needs a permit, and is stopped for the last time directly before it is sent: both end here."""

    budget: Budget
    watch: IdentityWatch
    pause_watch: PauseWatch

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta, person: OwnerId | None = None) -> Permits:
        if hold := self.watch.hold_or_last():
            return Permits(0, HOLD_LASTS, because=Held(hold))
        if pause := self.pause_watch.pause_or_last():
            return Permits(0, HOLD_LASTS, because=Paused(pause))
        return self.budget.take(app, wanted, lane, within=within, person=person)

    def stopped(self, app: AppId) -> Obstacle | None:
        if hold := self.watch.last_hold:
            return Held(hold)
        if pause := self.pause_watch.last_pause:
            return Paused(pause)
        return self.budget.stopped(app)

    def departs(self, lane: Lane) -> None:
        self.budget.departs(lane)

    def learn(self, app: AppId, failure: Failure | None) -> timedelta:
        return self.budget.learn(app, failure)
