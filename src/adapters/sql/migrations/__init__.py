"""The schema's history, applied by Alembic from within the package: no configuration file, no working folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, func, make_url, select

from adapters.sql.database import Database
from adapters.sql.engine import open_engine
from domain.errors import Refusal, StoreFault, StoreUnavailable

HERE = Path(__file__).parent

MIGRATES_WITHIN = timedelta(minutes=10)
"""How long one statement of a migration may take, and how long a second migration waits for the first."""

ADVISORY_LOCK = 0x7469_6B74_6F6B
"""The name of the migrations' lock in PostgreSQL: any number that nobody else uses, here "tiktok" in ASCII."""


class NewerSchema(Refusal):
    """The schema is at a revision that this program has not got."""

    def __init__(self) -> None:
        super().__init__("the database's schema was made by a newer version of tiktok-connect: install that one here")


def migrate(url: str | URL, revision: str = "head") -> None:
    """Bring the schema up to this revision. Nothing happens where it is there already; who comes second waits.
    Raises NewerSchema, StoreUnavailable.
    """
    _change(url, command.upgrade, revision)


def downgrade(url: str | URL, revision: str) -> None:
    """Take the schema back to this revision; `base` leaves nothing of it."""
    _change(url, command.downgrade, revision)


def head() -> str:
    """The newest revision."""
    newest = ScriptDirectory(str(HERE)).get_current_head()
    if newest is None:
        raise LookupError("there is no migration")
    return newest


def at_head(database: Database) -> bool:
    """Whether the schema is the one that this program knows. Raises StoreUnavailable, also for an encoding that won't do."""
    with database.reading() as connection:
        require_utf8(connection)
        return MigrationContext.configure(connection).get_current_revision() == head()


def require_utf8(connection: Connection) -> None:
    """Raises StoreUnavailable for a PostgreSQL database that can't hold every text."""
    if connection.dialect.name == "postgresql":
        encoding: str = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise StoreUnavailable(f"its encoding is {encoding}", StoreFault.NOT_UTF8)


def _change(url: str | URL, change: Callable[[Config, str], None], revision: str) -> None:
    """Apply the change in one transaction, alone."""
    url = make_url(url)
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)  # SQLite gives the files beside it the same mode
    database = Database(open_engine(url, connections=1, statement_within=MIGRATES_WITHIN))
    try:
        with database.writing() as connection:
            if database.is_postgres:
                require_utf8(connection)
                connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
            if not _known(connection):
                raise NewerSchema
            config = Config()
            config.set_main_option("script_location", str(HERE).replace("%", "%%"))
            config.attributes["connection"] = connection
            change(config, revision)
            connection.commit()
    finally:
        database.dispose()


def _known(connection: Connection) -> bool:
    """Whether the schema is at a revision of ours, or at none yet."""
    ours = {script.revision for script in ScriptDirectory(str(HERE)).walk_revisions()}
    return ours.issuperset(MigrationContext.configure(connection).get_current_heads())
