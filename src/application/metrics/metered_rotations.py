"""Rotations that are counted by what they came to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from application.metrics.catalogue import ROTATIONS, UNSTORED, cause_of, outcome_label
from application.ports.claims_and_settlements import Claim
from application.ports.metrics import Metrics
from application.rotation.call_and_settle import CallAndSettle
from application.rotation.claim_results import Rotation
from application.rotation.permit_turn import at_once
from domain.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class MeteredRotations(CallAndSettle):
    """Counts each once it is over; one whose outcome the database would not take is counted as that."""

    metrics: Metrics

    def __call__(
        self, claim: Claim, *, taken_at: timedelta, turn: Callable[[], bool] = at_once, insist: bool = False, probe: bool = False
    ) -> Rotation:
        try:
            rotation = CallAndSettle.__call__(self, claim, taken_at=taken_at, turn=turn, insist=insist, probe=probe)
        except StoreUnavailable:
            self.metrics.count(ROTATIONS, UNSTORED, UNSTORED)
            raise
        self.metrics.count(ROTATIONS, outcome_label(rotation.ended), cause_of(rotation.failure))
        return rotation
