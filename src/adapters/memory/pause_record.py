"""The pause of all calls, in a database of this process."""

from dataclasses import dataclass

from adapters.memory.database import MemoryDatabase
from application.ports.clock import Clock
from domain.pause import Pause


@dataclass(slots=True)
class MemoryPauseRecord:
    """The pause in the rows, dated by the given clock."""

    database: MemoryDatabase
    clock: Clock

    def read(self) -> Pause | None:
        with self.database.lock:
            return self.database.answer().pause

    def begin(self, by: str) -> Pause:
        with self.database.lock:
            rows = self.database.answer()
            rows.pause = rows.pause or Pause(self.clock.now(), by)
            return rows.pause

    def end(self) -> Pause | None:
        with self.database.lock:
            rows = self.database.answer()
            ended, rows.pause = rows.pause, None
            return ended
