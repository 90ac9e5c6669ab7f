"""Sweeping in batches: claim as many grants as can be sent in a quarter of the lease, carry them out, claim again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from application.ports.budget import Budget, Lane, Obstacle, Permits
from application.ports.claims_and_settlements import Claim, Claims, Due
from application.ports.clock import Clock
from application.ports.executor import Executor
from application.rotation.call_and_settle import CallAndSettle
from application.rotation.claim_results import Counted, Ended, Rotation
from application.rotation.permit_turn import PermitTurn, never, wait
from domain.errors import ClockSkewed, StoreUnavailable
from domain.ids import AppId, GrantId
from domain.outcomes import Reason
from domain.rotation_policy import RotationPolicy

MOST_SKEW = timedelta(seconds=5)
"""How far this process's clock, by which lifetimes count, may be from the store's, by which leases do."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A claim, the monotonic time before it was taken, and the lane and the time of its turn."""

    claim: Claim
    lane: Lane
    taken_at: timedelta
    send_at: timedelta


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did for one grant; `reason` where a person will have to act."""

    grant: GrantId
    ended: Ended
    reason: Reason | None = None


@dataclass(slots=True)
class SweepReport:
    """A sweep, counted in grants: each once, by the first thing that was done with it."""

    swept: dict[GrantId, Swept] = field(default_factory=dict)
    remaining: int = 0
    """Grants that are due and were not reached, or are in flight elsewhere."""
    stopped_by: Obstacle | None = None
    """What stopped the whole app's calls, if anything did."""

    def count(self, *endings: Ended) -> int:
        """How many grants ended in one of these ways."""
        return sum(s.ended in endings for s in self.swept.values())

    @property
    def refreshed(self) -> int:
        """Grants that have a new token, or whose token was seen to work."""
        return self.count(Ended.ROTATED)

    @property
    def failed(self) -> int:
        """Grants that were refused or are in doubt."""
        return self.count(*(ended for ended in Ended if ended.tally is Counted.FAILED))

    @property
    def skipped(self) -> int:
        """Grants that were left as they were, by no fault of theirs."""
        return self.count(*(ended for ended in Ended if ended.tally is Counted.SKIPPED))

    @property
    def unreached(self) -> int:
        """Grants that are due and of which nothing is told in `swept`: those given back unsent are, and are still due."""
        return max(self.remaining - self.count(Ended.UNSENT), 0)

    def take(self, rotation: Rotation) -> None:
        """Count one more claim."""
        grant = rotation.grant.id
        earlier = self.swept.get(grant)
        if rotation.ended is not Ended.OVERTAKEN and (earlier is None or earlier.ended is Ended.UNSENT):
            self.swept[grant] = Swept(grant, rotation.ended, rotation.grant.asked_because)


def ignore_progress(_: SweepReport) -> None:
    """Nobody watches the progress."""


@dataclass(frozen=True, slots=True)
class SweepInBatches:
    """The unit of work is a sweep, not a grant: sweeps in several processes share what is due, each grant going to one."""

    claims: Claims
    budget: Budget
    carry_out: CallAndSettle
    executor: Executor
    clock: Clock
    policy: RotationPolicy
    app: AppId
    calls_in_flight: int
    """How many calls this process can have under way at once."""

    def __call__(
        self,
        due: Due,
        *,
        for_at_most: timedelta | None = None,
        stopping: Callable[[], bool] = never,
        progress: Callable[[SweepReport], None] = ignore_progress,
        patience: Callable[[], bool] = never,
    ) -> SweepReport:
        """Go on until nothing is due, the time is up, the app's calls are stopped, or `stopping`.

        `patience` is asked where something is due that may not be claimed: it waits, and says whether to look again.
        Raises StoreUnavailable, and ClockSkewed before anything is claimed.
        """
        report, began = SweepReport(), self.clock.monotonic()
        if abs(skew := self.claims.skew()) > MOST_SKEW:
            raise ClockSkewed(skew)
        while not stopping() and (for_at_most is None or self.clock.monotonic() - began < for_at_most):
            _, _, repeats = self._claimed(replace(due, repeats=True), Lane.REPEATS)
            waiting, permits, ordinary = self._claimed(due, Lane.BACKGROUND)
            if not (slots := [*repeats, *ordinary]):
                if not waiting:
                    return report
                if permits.because:
                    report.stopped_by = permits.because
                    break
                if not permits.count:
                    wait(self.clock, self.clock.monotonic() + permits.wait, stopping)
                elif not patience():
                    break
                continue
            for rotation in self._batch(slots, stopping):
                report.take(rotation)
                progress(report)
                report.stopped_by = report.stopped_by or (rotation.failure if rotation.ended is Ended.UNSENT else None)
            if report.stopped_by:
                break
        report.remaining = self.claims.count_due(self.app, due)
        return report

    def _claimed(self, due: Due, lane: Lane) -> tuple[int, Permits, list[Slot]]:
        """How many are due, what leave there is to call for them, and the claims that it is for."""
        waiting = self.claims.count_due(self.app, due)
        if not waiting:
            return 0, Permits(0, timedelta(0)), []
        permits = self.budget.take(self.app, min(waiting, self._most()), lane, within=self.policy.lease / 4)
        if not permits.count:
            return waiting, permits, []
        taken_at = self.clock.monotonic()
        claims = self.claims.take_due(self.app, limit=permits.count, lease=self.policy.lease, due=due)
        return waiting, permits, [Slot(claim, lane, taken_at, taken_at + permits.wait_for(i)) for i, claim in enumerate(claims)]

    def _most(self) -> int:
        """A batch that this process can surely send in a quarter of the lease, at two seconds a call."""
        return max(self.calls_in_flight, int(self.calls_in_flight * (self.policy.lease / 4) / timedelta(seconds=2)))

    def _batch(self, slots: list[Slot], stopping: Callable[[], bool]) -> Iterator[Rotation]:
        """Carry out what was claimed. Where the store is away for one, the others are not sent and, if it is back, given back."""
        trouble = list[StoreUnavailable]()

        def carry_out(slot: Slot) -> Rotation | None:
            try:
                return self._one(slot, lambda: bool(trouble) or stopping())
            except StoreUnavailable as unavailable:
                trouble.append(unavailable)
                return None

        yield from (rotation for rotation in self.executor.map(carry_out, slots) if rotation)
        if trouble:
            raise trouble[0]

    def _one(self, slot: Slot, stopping: Callable[[], bool]) -> Rotation:
        turn = PermitTurn(self.budget, self.clock, self.app, slot.lane, slot.send_at, stopping)
        return self.carry_out(slot.claim, taken_at=slot.taken_at, turn=turn)
