"""The schema's history, applied by Alembic from within the package: no configuration file, no working folder."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, delete, func, insert, make_url, select

from adapters.postgres.pooler_safe_connections import milliseconds
from adapters.sql import tables
from adapters.sql.database import Database
from adapters.sql.engine import open_engine
from adapters.sql.schema_state import SchemaState, require_utf8, revision_of, state_within
from domain.errors import Conflict, StoreFault, StoreUnavailable

HERE = Path(__file__).parent

MIGRATES_WITHIN = timedelta(minutes=10)
"""How long one statement of a migration may take, and how long a second migration waits for the first."""

TABLE_WITHIN = timedelta(seconds=2)
"""How long a change waits for a table that a transaction holds, such as a dump: all who come later wait behind it."""

TRIES_AGAIN_AFTER = timedelta(seconds=1)

ADVISORY_LOCK = 0x7469_6B74_6F6B
"""The name of the migrations' lock in PostgreSQL: any number that nobody else uses, here "tiktok" in ASCII."""


def migrate(url: str | URL, revision: str = "head") -> SchemaState:
    """Bring the schema up to this revision, unless it is newer and suits this program as it is. Nothing happens where it is there
    already; who comes second waits. Raises NewerSchema, StoreUnavailable.
    """
    return _change(url, command.upgrade, revision)


def downgrade(url: str | URL, revision: str) -> None:
    """Take the schema back to this revision; `base` leaves nothing of it."""
    _change(url, command.downgrade, revision)


def _change(url: str | URL, change: Callable[[Config, str], None], revision: str) -> SchemaState:
    """Apply the change in one transaction, alone, and note which programs can work with what comes of it."""
    url = make_url(url)
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)  # SQLite gives the files beside it the same mode
    database = Database(open_engine(url, connections=1, statement_within=MIGRATES_WITHIN))
    until = time.monotonic() + MIGRATES_WITHIN.total_seconds()
    try:
        while True:
            try:
                return _change_at_once(database, change, revision)
            except (StoreUnavailable, Conflict) as others_first:
                locked = isinstance(others_first, Conflict) or others_first.fault is StoreFault.LOCKED
                if not locked or time.monotonic() > until:
                    raise
            time.sleep(TRIES_AGAIN_AFTER.total_seconds())
    finally:
        database.dispose()


def _change_at_once(database: Database, change: Callable[[Config, str], None], revision: str) -> SchemaState:
    """In one transaction, that waits for other migrations, and next to not for those who use the tables."""
    with database.writing() as connection:
        if database.is_postgres:
            require_utf8(connection)
            connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds(TABLE_WITHIN)}")
        if state_within(connection) is SchemaState.NEWER:
            return SchemaState.NEWER
        config = Config()
        config.set_main_option("script_location", str(HERE).replace("%", "%%"))
        config.attributes["connection"] = connection
        change(config, revision)
        _note_oldest_program(connection)
        state = state_within(connection)
        connection.commit()
        return state


def _oldest_programs() -> dict[str, str | None]:
    """For each revision of ours, the oldest program that can work with its schema, by the newest revision which that knows."""
    scripts = ScriptDirectory(str(HERE)).walk_revisions()
    return {script.revision: getattr(script.module, "oldest_program", None) for script in scripts}


def _note_oldest_program(connection: Connection) -> None:
    oldest = _oldest_programs().get(revision_of(connection) or "")
    if oldest is not None:
        connection.execute(delete(tables.compatibility))
        connection.execute(insert(tables.compatibility).values(oldest_program=oldest))
