"""Resume the calls to the platform that were paused."""

from dataclasses import dataclass

from application.ports.pause_record import PauseRecord
from domain.pause import Pause


@dataclass(frozen=True, slots=True)
class ResumeCalls:
    """What is due by then is done most urgent first, within the budget."""

    pause_record: PauseRecord

    def __call__(self) -> Pause | None:
        """The pause that is over; None: there was none. Raises StoreUnavailable."""
        return self.pause_record.end()
