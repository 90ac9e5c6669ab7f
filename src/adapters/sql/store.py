"""Units of work over one SQL database."""

from collections.abc import Collection
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from adapters.sql.audit_trail import SqlAuditTrail
from adapters.sql.consents import SqlConsents
from adapters.sql.database import Database
from adapters.sql.erasures import SqlErasures
from adapters.sql.grants import SqlGrants
from adapters.sql.mirror_records import SqlMirrorRecords
from adapters.sql.notices import SqlNotices
from adapters.sql.offers import SqlOffers
from adapters.sql.outbox_writing import SqlOutbox
from adapters.sql.revocations import SqlRevocations


class SqlUnitOfWork:
    """One transaction, undone unless it is committed."""

    def __init__(self, database: Database, *, writes: bool, keys: Collection[str] | None) -> None:
        self._database, self._writes, self._keys = database, writes, keys

    def __enter__(self) -> Self:
        self._open = ExitStack()
        transaction = self._database.writing() if self._writes else self._database.reading()
        self._connection = self._open.enter_context(transaction)
        self.outbox = SqlOutbox(self._connection)
        self.grants = SqlGrants(self._connection, self.outbox, locks=self._writes, keys=self._keys)
        self.offers = SqlOffers(self._connection, locks=self._writes)
        self.consents = SqlConsents(self._connection)
        self.revocations = SqlRevocations(self._connection, keys=self._keys)
        self.erasures = SqlErasures(self._connection)
        self.notices = SqlNotices(self._connection)
        self.audit_trail = SqlAuditTrail(self._connection)
        self.mirror = SqlMirrorRecords(self._connection, locks=self._writes)
        return self

    def commit(self) -> None:
        if not self._writes:
            raise RuntimeError("a unit of work for reading has nothing to commit")
        self._connection.commit()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /) -> None:
        self._open.close()


class SqlStore:
    """Units of work over one database."""

    def __init__(self, database: Database, *, keys: Collection[str] | None = None) -> None:
        """`keys`: the ids of the keys that are here, which alone can work at what they sealed; None: they count for nothing."""
        self._database, self._keys = database, keys

    def read(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self._database, writes=False, keys=self._keys)

    def write(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self._database, writes=True, keys=self._keys)

    def try_write(self) -> None:
        self._database.try_write()

    def vacuum_traces(self) -> bool:
        return self._database.empty_log()
