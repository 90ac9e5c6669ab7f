"""Resume the calls to the platform that were paused."""

from dataclasses import dataclass

from application.auditing.acts_about_connections import write_before
from application.ports.clock import Clock
from application.ports.pause_record import PauseRecord
from application.ports.store import Store
from domain.audit_trail import Act, Actor
from domain.pause import Pause


@dataclass(frozen=True, slots=True)
class ResumeCalls:
    """What is due by then is done most urgent first, within the budget."""

    pause_record: PauseRecord
    store: Store
    clock: Clock

    def __call__(self, by: str) -> Pause | None:
        """The pause that is over; None: there was none. Raises StoreUnavailable."""
        write_before(self.store, Act.CALLS_RESUMED, Actor.operator(by), self.clock.now())
        return self.pause_record.end()
