"""The budget of calls, which counts what is reserved and what is used of it, by lane."""

from dataclasses import dataclass
from datetime import timedelta

from application.metrics.catalogue import PERMITS_RESERVED, PERMITS_USED, lane_label
from application.ports.budget import Budget, Lane, Obstacle, Permits
from application.ports.metrics import Metrics
from domain.ids import AppId, OwnerId
from domain.outcomes import Failure


@dataclass(frozen=True, slots=True)
class MeteredBudget:
    """Decides nothing by itself."""

    budget: Budget
    metrics: Metrics

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta, person: OwnerId | None = None) -> Permits:
        permits = self.budget.take(app, wanted, lane, within=within, person=person)
        if permits.count:
            self.metrics.count(PERMITS_RESERVED, lane_label(lane), by=permits.count)
        return permits

    def stopped(self, app: AppId) -> Obstacle | None:
        return self.budget.stopped(app)

    def learn(self, app: AppId, failure: Failure | None) -> timedelta:
        return self.budget.learn(app, failure)

    def departs(self, lane: Lane) -> None:
        self.metrics.count(PERMITS_USED, lane_label(lane))
        self.budget.departs(lane)
