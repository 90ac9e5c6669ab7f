"""Go over to the format of sealed texts that binds to owner and generation, once everybody can read it."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.ports.heartbeats import Heartbeats
from application.ports.journal_register import JournalRegister
from application.ports.key_reports import KeyReports
from application.ports.sealed_rows import SealedRows
from application.ports.sealer import Sealer
from domain.key_use import KeyReport
from domain.seal_place import BOUND_FORMAT

log = logging.getLogger(__name__)

WORKER = "worker"
"""The component whose signs of life are those of processes that open tokens."""

GONE_AFTER = timedelta(hours=1)
"""How long ago the last sign of a process of an older version must be: time for whoever deploys to go back."""


@dataclass(frozen=True, slots=True)
class AdvanceSealing:
    """Two steps, each taken once for all processes. Older versions report nothing, so that their other signs are looked for."""

    sealer: Sealer
    key_reports: KeyReports
    heartbeats: Heartbeats
    journals: JournalRegister
    sealed_rows: SealedRows

    def __call__(self) -> None:
        """Write the format as soon as every process reads it. Cheap when that is done. Raises StoreUnavailable."""
        if self.sealer.written < BOUND_FORMAT and self._all_read_it():
            self.sealer.write_bound()
            log.debug("tokens are sealed for owner and generation from now on")

    def refuse_first(self) -> bool:
        """Open the first format no more, if nothing of it is left anywhere and nobody writes it. Whether it is so now.

        It looks at every row. Raises StoreUnavailable.
        """
        if self.sealer.first_refused:
            return True
        now, reports = self.key_reports.all()
        if self.sealer.written < BOUND_FORMAT or not self._all_read_it() or any(holds_it_up(r, now) for r in reports):
            return False
        if self.sealed_rows.of_first_format():
            return False
        self.sealer.refuse_first()
        log.info("nothing is left of the first format of sealed texts: it is opened no more")
        return True

    def _all_read_it(self) -> bool:
        now, reports = self.key_reports.all()
        told = {report.process for report in reports}
        recent = [report for report in reports if now - report.at <= GONE_AFTER]
        older_at = self.journals.older_at()
        if any(report.keys.reads < BOUND_FORMAT for report in recent) or (older_at and now - older_at <= GONE_AFTER):
            return False
        return all(host in told for host in self.heartbeats.hosts(WORKER, GONE_AFTER))


def holds_it_up(report: KeyReport, now: datetime) -> bool:
    """Whether a process may still write the first format, or its journal holds some."""
    return report.keys.journal_first > 0 or (now - report.at <= GONE_AFTER and report.keys.writes < BOUND_FORMAT)
