"""One call for somebody who waits: a turn in the budget, the claim, and the call when its turn has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from application.ports.ambient import Clock
from application.ports.budget import LATEST, Budget, Lane, Permits
from application.ports.claims import Claims
from application.steps.call_and_settle import CallAndSettle, Ended, InFlight, Rotation
from domain.grant import Grant
from domain.rotation import RotationPolicy

PATIENCE = timedelta(seconds=2)
"""How long a person's call waits for its turn in the budget."""

TURNS = 3
"""How many turns somebody may miss, on a machine that is too busy, before they are asked to come back."""

SOON = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class OneCall:
    """What a click and a request for a token have in common."""

    claims: Claims
    budget: Budget
    carry_out: CallAndSettle
    clock: Clock
    policy: RotationPolicy

    def __call__(self, grant: Grant, *, insist: bool = False) -> Rotation | InFlight | Permits:
        """Renew the grant, unless somebody else does. Permits: none were to be had, and this is why."""
        for _ in range(TURNS):
            permits = self.budget.take(grant.app, 1, Lane.PEOPLE, within=PATIENCE)
            if not permits.count:
                return permits
            taken_at = self.clock.monotonic()
            claim = self.claims.take(grant.id, generation=grant.generation, lease=self.policy.lease)
            if claim is None:
                return InFlight()
            send_at = taken_at + permits.wait
            self.clock.sleep(send_at - self.clock.monotonic())
            rotation = self.carry_out(claim, taken_at=taken_at, send_by=send_at + LATEST, insist=insist)
            missed = rotation.ended is Ended.UNSENT and rotation.failure is None and self.clock.monotonic() > send_at + LATEST
            if not missed:
                return rotation
        return Permits(0, SOON)
