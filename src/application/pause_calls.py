"""Pause all calls to the platform, in every process."""

from dataclasses import dataclass

from application.auditing.acts_about_connections import write_before
from application.ports.clock import Clock
from application.ports.pause_record import PauseRecord
from application.ports.store import Store
from domain.audit_trail import Act, Actor
from domain.pause import Pause


@dataclass(frozen=True, slots=True)
class PauseCalls:
    """Whoever calls learns of it within a few seconds; calls that are under way come to their end."""

    pause_record: PauseRecord
    store: Store
    clock: Clock

    def __call__(self, by: str) -> Pause:
        """The pause that holds now: an earlier one, if there was one. Raises StoreUnavailable."""
        write_before(self.store, Act.CALLS_PAUSED, Actor.operator(by), self.clock.now())
        return self.pause_record.begin(by)
