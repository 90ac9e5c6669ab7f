"""Transactions in the dashboard's database, each statement in bounded time, through a pooler too."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from adapters.postgres.pooler_safe_connections import Bounds, arguments_of, beginning, bound_answers
from adapters.wab.dashboard_database_errors import translate
from application.ports.connection_mirror import MirrorUnavailable

CONNECTIONS = 4
CONNECTION_WITHIN = timedelta(seconds=1)
"""How long a thread waits for a connection that others of its process use."""

BOUNDS = Bounds(
    connect=timedelta(seconds=2), statement=timedelta(seconds=1), lock=timedelta(milliseconds=500), idle=timedelta(seconds=10)
)
"""A person may be waiting. Idle: while our own store says what is to be written."""

BEGINS = "begins"
"""The execution option with what begins a transaction."""


class DashboardDatabase:
    """One engine a process. It connects at its first use."""

    def __init__(self, url: str | URL, bounds: Bounds = BOUNDS) -> None:
        self.engine = open_engine(make_url(url), bounds)
        self._seeing = self.engine.execution_options(**{BEGINS: beginning(writes=False, bounds=bounds)})
        self._changing = self.engine.execution_options(**{BEGINS: beginning(writes=True, bounds=bounds)})

    @contextmanager
    def seeing(self) -> Iterator[Connection]:
        """A transaction that sees one moment and changes nothing. Raises MirrorUnavailable."""
        with self._begun(self._seeing) as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction for changes, committed at its end. Raises MirrorUnavailable: then they may have happened."""
        with self._begun(self._changing) as connection:
            yield connection
            connection.commit()

    def dispose(self) -> None:
        """Close the connections; the next use makes new ones."""
        self.engine.dispose()

    @contextmanager
    def _begun(self, engine: Engine) -> Iterator[Connection]:
        """A connection in a new transaction. One that turns out to be closed since it was last used is replaced, once."""
        connection = connect(engine)
        try:
            try:
                connection.begin()
            except MirrorUnavailable as unavailable:
                if not connection.invalidated or "timeout" in str(unavailable):
                    raise
                close(connection)
                connection = connect(engine)
                connection.begin()
            yield connection
        finally:
            close(connection)


def connect(engine: Engine) -> Connection:
    """Take a connection of the pool, within its time."""
    try:
        return engine.connect()
    except exc.TimeoutError as error:
        raise MirrorUnavailable("every connection of this process is in use") from error


def close(connection: Connection) -> None:
    """Give a connection back; a server that is gone has undone what was not committed."""
    with suppress(MirrorUnavailable):
        connection.close()


def open_engine(url: URL, bounds: Bounds) -> Engine:
    """Make an engine whose errors are MirrorUnavailable."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=arguments_of(url, bounds),
        use_native_hstore=False,  # else it asks for that type first
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=CONNECTION_WITHIN.total_seconds(),
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", translate)
    bound_answers(engine, bounds)

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options()[BEGINS])

    event.listen(engine, "begin", begin)
    return engine
