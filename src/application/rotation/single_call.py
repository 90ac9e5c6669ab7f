"""One call for somebody who waits: leave to call, the claim, and the call when its turn has come."""

from __future__ import annotations

from dataclasses import dataclass

from application.ports.budget import Budget, Lane, Permits
from application.ports.claims import Claims
from application.ports.system import Clock
from application.rotation.call_and_settle import UNTIL_CONFIGURED, CallAndSettle, InFlight, Rotation
from application.rotation.permit_turn import PERMIT_PATIENCE, PermitTurn
from domain.grant import Grant
from domain.rotation import RotationPolicy


@dataclass(frozen=True, slots=True)
class SingleCall:
    """What a click and a request for a token have in common."""

    claims: Claims
    budget: Budget
    carry_out: CallAndSettle
    clock: Clock
    policy: RotationPolicy

    def __call__(self, grant: Grant, *, insist: bool = False, probe: bool = False) -> Rotation | InFlight | Permits:
        """Renew the grant, unless somebody else does. Permits: none were to be had, and this is why."""
        if elsewhere := self.carry_out.elsewhere(grant):
            return Permits(0, UNTIL_CONFIGURED, because=elsewhere)
        permits = self.budget.take(grant.app, 1, Lane.PEOPLE, within=PERMIT_PATIENCE)
        if not permits.count:
            return permits
        taken_at = self.clock.monotonic()
        claim = self.claims.take(grant.id, generation=grant.generation, lease=self.policy.lease)
        if claim is None:
            return InFlight()
        turn = PermitTurn(self.budget, self.clock, grant.app, Lane.PEOPLE, taken_at + permits.wait)
        return self.carry_out(claim, taken_at=taken_at, turn=turn, insist=insist, probe=probe)
