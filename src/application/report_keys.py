"""Report once a minute which keys this process has, and which of them its host's journal needs."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.journal import Journal, JournalUnavailable
from application.ports.key_reports import KeyReports
from application.ports.sealer import Sealer
from domain.key_use import REPORT_EVERY, ProcessKeys
from domain.seal_place import BOUND_FORMAT, FIRST_FORMAT


@dataclass(slots=True)
class ReportKeys:
    """Beside the work of a long-lived process. A command that is over in a moment reports nothing."""

    key_reports: KeyReports
    journal: Journal
    sealer: Sealer
    clock: Clock
    host: str
    advance: Callable[[], None]
    """What all reports together may allow."""
    _reported_at: timedelta | None = field(default=None, init=False)

    def __call__(self) -> None:
        """Report, unless it was done a moment ago. Raises StoreUnavailable."""
        now = self.clock.monotonic()
        if self._reported_at is not None and now - self._reported_at < REPORT_EVERY:
            return
        self.sealer.sync()
        self.key_reports.report(self.host, self._keys())
        self.advance()
        self._reported_at = now

    def withdraw(self) -> None:
        """The process ends: it needs no key any more. Raises StoreUnavailable."""
        self.key_reports.withdraw(self.host)

    def _keys(self) -> ProcessKeys:
        try:
            name, sealed = self.journal.name, self.journal.sealed()
        except JournalUnavailable:  # which the journal's own upkeep tells
            name, sealed = "", []
        return ProcessKeys(
            seals_with=self.sealer.newest,
            opens=self.sealer.keys,
            journal=name,
            journal_seals=Counter(text.key_id for text in sealed if text.key_id is not None),
            journal_first=sum(text.format == FIRST_FORMAT for text in sealed),
            reads=BOUND_FORMAT,
            writes=self.sealer.written,
        )
