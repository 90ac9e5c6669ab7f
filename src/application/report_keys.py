"""Report once a minute which keys this process has, and which of them its host's journal needs."""

from dataclasses import dataclass, field
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.journal import Journal, JournalUnavailable
from application.ports.key_reports import KeyReports
from application.ports.sealer import Sealer
from domain.key_use import REPORT_EVERY, ProcessKeys


@dataclass(slots=True)
class ReportKeys:
    """Beside the work of a long-lived process. A command that is over in a moment reports nothing."""

    key_reports: KeyReports
    journal: Journal
    sealer: Sealer
    clock: Clock
    host: str
    _reported_at: timedelta | None = field(default=None, init=False)

    def __call__(self) -> None:
        """Report, unless it was done a moment ago. Raises StoreUnavailable."""
        now = self.clock.monotonic()
        if self._reported_at is not None and now - self._reported_at < REPORT_EVERY:
            return
        self.sealer.sync()
        self.key_reports.report(self.host, self._keys())
        self._reported_at = now

    def withdraw(self) -> None:
        """The process ends: it needs no key any more. Raises StoreUnavailable."""
        self.key_reports.withdraw(self.host)

    def _keys(self) -> ProcessKeys:
        try:
            name, seals = self.journal.name, self.journal.seals()
        except JournalUnavailable:  # which the journal's own upkeep tells
            name, seals = "", {}
        return ProcessKeys(self.sealer.newest, self.sealer.keys, name, seals)
