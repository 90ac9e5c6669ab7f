"""What is done when a service says that the platform no longer takes the access token that it was given."""

from dataclasses import dataclass
from datetime import timedelta

from application.ports.budget import Permits
from application.ports.clock import Clock
from application.rotation.claim_results import Ended, InFlight, Rotation
from application.rotation.single_call import SingleCall
from application.rotation.what_callers_are_told import SHORTEST_WAIT, UNSENT_FOR, hopeless, refusal_of_unsent, stopped
from domain.errors import PlatformUnavailable, ReauthorisationNeeded
from domain.grant import Grant
from domain.grant_health import NeedsReauth
from domain.outcomes import Reason, Refused

REJECTED_AGAIN_AFTER = timedelta(minutes=1)
"""How often a grant's token may be rejected with a call to the platform for it."""


@dataclass(frozen=True, slots=True)
class ReplaceRejected:
    """One rotation, or a probe where nothing can be rotated. Unless a probe found the token alive, it is not handed out again."""

    single_call: SingleCall
    clock: Clock

    def __call__(self, grant: Grant, *, patient: bool) -> Grant | InFlight:
        """The grant as it may be served now. `patient` False: start and await nothing.

        Raises ReauthorisationNeeded, BudgetSpent, PlatformThrottled, PlatformUnavailable, PlatformMisconfigured.
        """
        now = self.clock.now()
        if patient and grant.in_flight(now):
            return InFlight()
        settled_at = grant.schedule.settled_at
        wait = settled_at + REJECTED_AGAIN_AFTER - now if settled_at else timedelta(0)
        if wait > timedelta(0):
            return self._as_last_seen(grant, wait)
        if not patient:
            raise PlatformUnavailable(SHORTEST_WAIT)
        return self._after_call(grant)

    def _after_call(self, grant: Grant) -> Grant | InFlight:
        match self.single_call(grant, probe=True):
            case Permits() as unsent:
                raise refusal_of_unsent(unsent)
            case InFlight() | Rotation(ended=Ended.OVERTAKEN):
                return InFlight()
            case Rotation(ended=Ended.UNSENT, failure=failure):
                raise stopped(failure, UNSENT_FOR)
            case Rotation(ended=Ended.ROTATED, grant=served):
                return served
            case Rotation(grant=left, failure=Refused()):
                return self._refused(left)
            case Rotation(grant=left) if isinstance(left.health, NeedsReauth):
                return self._refused(left)
            case Rotation(failure=failure):
                raise stopped(failure, REJECTED_AGAIN_AFTER, probing=False)

    def _as_last_seen(self, grant: Grant, wait: timedelta) -> Grant:
        """What the last call says, which was less than a minute ago."""
        if grant.access_found_alive:
            return grant
        if isinstance(grant.schedule.last_failure, Refused):
            return self._refused(grant)
        raise stopped(grant.schedule.last_failure, wait, probing=False)

    @staticmethod
    def _refused(grant: Grant) -> Grant:
        if grant.access_found_alive:
            return grant
        raise hopeless(grant) or ReauthorisationNeeded(Reason.ACCESS_TOKEN_REFUSED)
