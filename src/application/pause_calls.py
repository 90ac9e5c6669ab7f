"""Pause all calls to the platform, in every process."""

from dataclasses import dataclass

from application.ports.pause_record import PauseRecord
from domain.pause import Pause


@dataclass(frozen=True, slots=True)
class PauseCalls:
    """Whoever calls learns of it within a few seconds; calls that are under way come to their end."""

    pause_record: PauseRecord

    def __call__(self, by: str) -> Pause:
        """The pause that holds now: an earlier one, if there was one. Raises StoreUnavailable."""
        return self.pause_record.begin(by)
