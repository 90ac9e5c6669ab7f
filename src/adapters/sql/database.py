"""A database as the adapters here use it: transactions for looking and for changing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import URL, Connection, Engine, exc, false, make_url, update

from adapters.postgres.pooler_safe_connections import milliseconds
from adapters.sql import tables
from adapters.sql.engine import CONNECTIONS, SQLITE_BUSY_WITHIN, WRITES, open_engine
from adapters.sql.writer_turns import Turns
from application.ports.clock import Clock
from domain.errors import Conflict, StoreFault, StoreUnavailable

TURN_WITHIN = timedelta(seconds=4)

EMPTIED_WITHIN = timedelta(milliseconds=100)
"""How long SQLite's log is waited for when it is to be emptied: there is a next time."""


class Database:
    """One engine a process, shared by all that is stored. Its writers take turns where the database has room for one only."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_postgres = engine.dialect.name == "postgresql"
        self._turns = None if self.is_postgres else Turns(TURN_WITHIN)
        self._for_writing = engine.execution_options(**{WRITES: True})

    @property
    def waiting(self) -> int:
        """How many writers of this process wait for their turn."""
        return self._turns.waiting if self._turns else 0

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment, locks nothing and is never committed. Raises StoreUnavailable."""
        with self._begun(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self, *, first: bool = False) -> Iterator[Connection]:
        """A transaction for changes, undone unless it is committed. `first`: before all others of this process that wait.

        Raises StoreUnavailable, and Conflict when another transaction was first.
        """
        with self._turns.turn(first=first) if self._turns else nullcontext(), self._begun(self._for_writing) as connection:
            yield connection

    @contextmanager
    def changing(self, *, first: bool = False) -> Iterator[Connection]:
        """The same for ports whose every method is a transaction of its own: a lost race is there one more reason to come back.

        Raises StoreUnavailable alone.
        """
        try:
            with self.writing(first=first) as connection:
                yield connection
        except Conflict as conflict:
            raise StoreUnavailable(str(conflict)) from conflict

    def try_write(self) -> None:
        """See that changes are taken, and make none. Raises StoreUnavailable."""
        with self.writing() as connection:
            connection.execute(update(tables.heartbeats).where(false()).values(host=tables.heartbeats.c.host))

    def empty_log(self) -> bool:
        """Bring SQLite's write-ahead log into the file and cut it off; False while somebody else needs it.

        The file itself holds nothing of what was erased (`secure_delete`), but the log keeps pages as they were. Writers stand
        still meanwhile, so it doesn't wait for readers as long as they do. Without effect on PostgreSQL, where it is
        autovacuum's. Raises StoreUnavailable.
        """
        if self.is_postgres:
            return True
        with self._connected(self.engine) as connection:
            cursor = connection.connection.cursor()  # the driver's own: a checkpoint can't be inside a transaction
            try:
                cursor.execute(f"PRAGMA busy_timeout={milliseconds(EMPTIED_WITHIN)}")
                busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                cursor.execute(f"PRAGMA busy_timeout={milliseconds(SQLITE_BUSY_WITHIN)}")
                cursor.close()
            except sqlite3.Error as error:
                connection.invalidate()  # it may have kept the shorter patience
                raise StoreUnavailable(type(error).__name__) from error
        return not busy

    def dispose(self) -> None:
        """Close the connections; the next use makes new ones."""
        self.engine.dispose()

    @contextmanager
    def _begun(self, engine: Engine) -> Iterator[Connection]:
        """A connection in a new transaction. One that turns out to be closed since it was last used is replaced, once."""
        connection = self._connect(engine)
        try:
            try:
                connection.begin()
            except StoreUnavailable as unavailable:
                if not connection.invalidated or unavailable.fault is StoreFault.TIMEOUT:
                    raise
                close(connection)
                connection = self._connect(engine)
                connection.begin()
            yield connection
        finally:
            close(connection)

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        connection = self._connect(engine)
        try:
            yield connection
        finally:
            close(connection)

    def _connect(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except exc.TimeoutError as error:
            raise StoreUnavailable("every connection is in use", StoreFault.POOL_EXHAUSTED) from error


def close(connection: Connection) -> None:
    """Give a connection back; a server that is gone has undone what was not committed."""
    with suppress(StoreUnavailable):
        connection.close()


def open_database(url: str | URL, *, connections: int = CONNECTIONS) -> Database:
    """Prepare a database over this many connections; nothing is opened before its first use."""
    return Database(open_engine(url, connections=connections))


def place_of(url: str | URL) -> str:
    """Which database a URL means, in a few words without user, password and parameters."""
    url = make_url(url)
    host = url.host or ""
    server = f"[{host}]" if ":" in host else host
    at = f"{server}:{url.port}" if url.port else server
    if not host and isinstance(several := url.query.get("host"), tuple):
        at = " or ".join(several)
    return f"{url.get_backend_name()} {url.database or ''}".strip() + (f" at {at}" if at else "")


def time_of(connection: Connection, clock: Clock | None) -> datetime:
    """The store's time: the given clock's, else PostgreSQL's own; SQLite's is the machine's, to the millisecond."""
    if clock is not None:
        return clock.now()
    if connection.dialect.name == "postgresql":
        now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return now.astimezone(UTC)
    text: str = connection.exec_driver_sql("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')").scalar_one()
    return datetime.fromisoformat(text)
