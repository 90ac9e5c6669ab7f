"""What is recorded many times a second: gathered in memory, and written each second in one transaction."""

import logging
import threading
from collections.abc import Callable, Collection, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.store import Store, UnitOfWork
from domain.audit_trail import Act, Actor, AuditRecord, Counted, VendRecord
from domain.errors import Conflict, StoreUnavailable, Unstorable
from domain.ids import ConnectionId, OwnerId

log = logging.getLogger(__name__)

WRITTEN_EVERY = timedelta(seconds=1)
"""What a process that is killed has not written is no older than this."""

MOST_WAITING = 100_000
"""Records that wait while the database is away, about 50 MB of memory. What comes beyond is lost, and said."""


UNSTORABLE = (Unstorable, UnicodeError)
"""What no repetition mends."""


@dataclass(slots=True)
class AuditBatch:
    """Vends, readings of spend, clicks on refresh and consents that came back with an unknown state. Any thread may add to it.

    What has no transaction of its own gets none here either: nobody waits for the audit trail.
    """

    store: Store
    clock: Clock
    is_erased: Callable[[UnitOfWork, OwnerId, datetime], bool]
    pseudonym_of: Callable[[str], str]
    _records: dict[tuple[object, ...], AuditRecord] = field(default_factory=dict)
    _vends: dict[tuple[object, ...], VendRecord] = field(default_factory=dict)
    _lost: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def note(self, record: AuditRecord) -> None:
        """Have this written within a second."""
        with self._lock:
            self._add(self._records, record)

    def vended(self, connection: ConnectionId, service: Actor) -> None:
        """Have it written within a second that a service was given a token."""
        with self._lock:
            self._add(self._vends, VendRecord.of(connection, service, self.clock.now()))

    def spend_read(self, owner: OwnerId, connection: ConnectionId | None, service: Actor) -> None:
        """The same, that a service read the spend of a user, or of one connection of theirs."""
        self.note(AuditRecord(Act.SPEND_READ, service, self.clock.now(), owner=owner, connection=connection))

    def write(self) -> None:
        """Write what there is; what the database does not take is kept for the next time. Raises StoreUnavailable."""
        with self._writing:
            self._write()

    def _write(self) -> None:
        with self._lock:
            records, self._records = self._records, {}
            vends, self._vends = self._vends, {}
            lost, self._lost = self._lost, 0
        if lost:
            log.error("the database was away for so long that records of the audit trail are lost", extra={"records": lost})
        if not (records or vends):
            return
        try:
            self._put(records.values(), vends.values())
        except UNSTORABLE:
            self._put_one_by_one(records.values(), vends.values())
        except (StoreUnavailable, Conflict):
            self._keep(records.values(), vends.values())
            raise

    def _put(self, records: Collection[AuditRecord], vends: Collection[VendRecord]) -> None:
        with self.store.write() as work:
            work.audit_trail.add(self._of_the_living(work, records))
            work.audit_trail.add_vends(vends)
            work.commit()

    def _put_one_by_one(self, records: Collection[AuditRecord], vends: Collection[VendRecord]) -> None:
        """What can't be stored keeps none of the others: it is left out, and said."""
        waiting = [([record], list[VendRecord]()) for record in records]
        waiting += [(list[AuditRecord](), [vend]) for vend in vends]
        for at, (record, vend) in enumerate(waiting):
            try:
                self._put(record, vend)
            except UNSTORABLE:
                log.exception("a record of the audit trail can't be stored: it is left out")
            except (StoreUnavailable, Conflict):
                for later in waiting[at:]:
                    self._keep(*later)
                raise

    def _keep(self, records: Collection[AuditRecord], vends: Collection[VendRecord]) -> None:
        with self._lock:
            for record in records:
                self._add(self._records, record)
            for vend in vends:
                self._add(self._vends, vend)

    def _of_the_living(self, work: UnitOfWork, records: Collection[AuditRecord]) -> list[AuditRecord]:
        """Who was erased since a record was noted is not named in it."""
        now, owners = self.clock.now(), {OwnerId(record.owner) for record in records if record.owner}
        erased = {owner for owner in owners if self.is_erased(work, owner, now)}
        return [record.under_pseudonyms(self.pseudonym_of) if record.owner in erased else record for record in records]

    def _add(self, waiting: MutableMapping[tuple[object, ...], Counted], record: Counted) -> None:
        known = waiting.get(record.likeness)
        if known is None and len(self._records) + len(self._vends) >= MOST_WAITING:
            self._lost += record.count
            return
        waiting[record.likeness] = known.and_another(record) if known else record
