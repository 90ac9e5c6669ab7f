"""The register of journals over a database of this process."""

from datetime import datetime

from adapters.memory.database import MemoryDatabase
from application.ports.clock import Clock
from application.ports.journal_register import Drained, Undrained, left_undrained, machine_of


class MemoryJournalRegister:
    """Reports in a dictionary, beside what claims find."""

    def __init__(self, database: MemoryDatabase, *, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def drained(self, journal: str, host: str) -> None:
        with self._database.lock:
            report = Drained(journal, machine_of(host), self._clock.now())
            self._database.answer().drained[report.journal, report.host] = report

    def older_at(self) -> datetime | None:
        return None  # a database of this process has no older one beside it

    def undrained(self, since: datetime) -> tuple[Undrained, ...]:
        with self._database.lock:
            rows = self._database.answer()
            lost = {host: at for host, at in rows.lost_claims.items() if at >= since}
            return left_undrained(lost, rows.drained.values())

    def forget(self, before: datetime) -> int:
        with self._database.lock:
            rows = self._database.answer()
            reports = [key for key, report in rows.drained.items() if report.at < before]
            hosts = [host for host, at in rows.lost_claims.items() if at < before]
            for key in reports:
                del rows.drained[key]
            for host in hosts:
                del rows.lost_claims[host]
            return len(reports) + len(hosts)
