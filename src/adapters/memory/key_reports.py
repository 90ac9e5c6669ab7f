"""What processes report of their keys, in memory."""

from datetime import datetime

from adapters.memory.database import MemoryDatabase
from application.ports.clock import Clock
from domain.key_use import KeyReport, ProcessKeys


class MemoryKeyReports:
    """Reports in a dictionary, dated by the given clock."""

    def __init__(self, database: MemoryDatabase, *, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def report(self, process: str, keys: ProcessKeys) -> None:
        with self._database.lock:
            rows, now = self._database.answer(), self._clock.now()
            rows.key_reports[process] = KeyReport(process, keys, now)
            for old in [r for r in rows.key_reports.values() if r.forgettable(now)]:
                del rows.key_reports[old.process]

    def withdraw(self, process: str) -> None:
        with self._database.lock:
            reports = self._database.answer().key_reports
            if process in reports and not reports[process].keys.journal_seals:
                del reports[process]

    def all(self) -> tuple[datetime, tuple[KeyReport, ...]]:
        with self._database.lock:
            reports = self._database.answer().key_reports
            return self._clock.now(), tuple(reports[process] for process in sorted(reports))
