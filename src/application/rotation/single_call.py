"""One call for somebody who waits: leave to call, the claim, and the call when its turn has come."""

from contextlib import suppress
from dataclasses import dataclass, replace

from application.ports.budget import Budget, Lane, Permits
from application.ports.claims_and_settlements import Claims
from application.ports.clock import Clock
from application.rotation.call_and_settle import UNTIL_CONFIGURED, CallAndSettle
from application.rotation.claim_results import Ended, InFlight, Rotation
from application.rotation.permit_turn import PERMIT_PATIENCE, Turns
from domain.errors import StoreUnavailable
from domain.grant import Grant
from domain.rotation_policy import RotationPolicy


@dataclass(frozen=True, slots=True)
class SingleCall:
    """What a click and a request for a token have in common."""

    claims: Claims
    budget: Budget
    carry_out: CallAndSettle
    clock: Clock
    policy: RotationPolicy

    def __call__(self, grant: Grant, *, insist: bool = False, probe: bool = False) -> Rotation | InFlight | Permits:
        """Refresh, unless somebody else does. Permits: none were to be had, and this is why.

        After a refusal the access token is probed at once, and the grant is told as that left it.
        """
        if elsewhere := self.carry_out.elsewhere(grant):
            return Permits(0, UNTIL_CONFIGURED, because=elsewhere)
        rotation = self._once(grant, insist=insist, probe=probe)
        if isinstance(rotation, Rotation) and (refusals := rotation.grant.schedule.refusals) and refusals.awaits_probe:
            with suppress(StoreUnavailable):
                probed = self._once(rotation.grant)
                if isinstance(probed, Rotation) and probed.ended is not Ended.OVERTAKEN:
                    return replace(rotation, grant=probed.grant)
        return rotation

    def _once(self, grant: Grant, *, insist: bool = False, probe: bool = False) -> Rotation | InFlight | Permits:
        turn = Turns(self.budget, self.clock, grant.app, Lane.PEOPLE, person=grant.owner).reserve(PERMIT_PATIENCE)
        if isinstance(turn, Permits):
            return turn
        taken_at = self.clock.monotonic()
        claim = self.claims.take(grant.id, generation=grant.generation, lease=self.policy.lease)
        if claim is None:
            return InFlight()
        return self.carry_out(claim, taken_at=taken_at, turn=turn, insist=insist, probe=probe)
