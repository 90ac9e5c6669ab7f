"""Engines for SQLite and PostgreSQL: a pool of connections, and how a transaction begins."""

from datetime import timedelta

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

from adapters.postgres.pooler_safe_connections import CLEARLY_BEFORE, Bounds, arguments_of, beginning, bound_answers
from adapters.sql.database_errors import translate

CONNECTIONS = 16
"""How many connections a process holds at the most, unless it is told otherwise."""

CONNECT_WITHIN = timedelta(seconds=3)
STATEMENT_WITHIN = timedelta(seconds=4)
"""A database that is away is noticed within five seconds, whichever way it went."""

IDLE_WITHIN = timedelta(seconds=30)
"""How long PostgreSQL keeps a transaction open in which nothing happens."""

CONNECTION_WITHIN = timedelta(seconds=8)
"""How long a thread waits for a connection that others of its process use: on a busy machine theirs take their time too."""

SQLITE_BUSY_WITHIN = timedelta(seconds=4)
"""How long another process may write; SQLite tries again by itself within that time."""

WRITES = "writes"
"""The execution option of a connection whose transactions are for changes."""


def open_engine(url: str | URL, *, connections: int = CONNECTIONS, statement_within: timedelta = STATEMENT_WITHIN) -> Engine:
    """Make an engine whose errors are `StoreUnavailable` and `Conflict`. It connects at its first use, so it may cross a fork.

    `connections`: how many it holds at the most. `statement_within`: how long PostgreSQL works at one statement.
    """
    url = make_url(url)
    bounds = Bounds(CONNECT_WITHIN, statement_within, lock=statement_within - CLEARLY_BEFORE, idle=IDLE_WITHIN)
    if url.get_backend_name() == "postgresql":
        how = {"connect_args": arguments_of(url, bounds), "use_native_hstore": False}  # else it asks for that type first
    else:
        how = {"connect_args": {"timeout": SQLITE_BUSY_WITHIN.total_seconds()}}
    engine = create_engine(
        url,
        **how,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=CONNECTION_WITHIN.total_seconds(),
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", translate)
    if engine.dialect.name == "postgresql":
        bound_answers(engine, bounds)
        begins = {writes: beginning(writes=writes, bounds=bounds) for writes in (True, False)}
    else:
        event.listen(engine, "connect", prepare_sqlite)
        begins = {True: "BEGIN IMMEDIATE", False: "BEGIN"}  # a reader that turns writer may be refused without waiting

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(begins[WRITES in connection.get_execution_options()])

    event.listen(engine, "begin", begin)
    return engine


def prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    """Durable at each commit, tidy behind erased values, and with no transactions but those that are asked for."""
    connection.isolation_level = None  # else the driver begins them by itself, too late to be IMMEDIATE
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
