"""Whether a database's schema is this version's. Alembic is not asked: importing it would take a fifth of each start."""

from enum import Enum
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text

from adapters.sql import tables
from adapters.sql.database import Database
from domain.errors import Refusal, StoreFault, StoreUnavailable

REVISIONS = Path(__file__).parent / "migrations/versions"
"""Files whose names begin with their revision."""

ALEMBICS_TABLE = "alembic_version"


class NewerSchema(Refusal):
    """The schema is at a revision that this program has not got, and can't work with."""

    def __init__(self) -> None:
        super().__init__("the database's schema was made by a newer version of tiktok-connect: install that one here")


class SchemaState(Enum):
    """How a database's schema and this program stand to one another."""

    CURRENT = "current"
    NEWER = "newer"
    """A newer version made it, and this one can work with it."""
    BEHIND = "behind"


def schema_state(database: Database) -> SchemaState:
    """Raises NewerSchema, and StoreUnavailable, also for an encoding that won't do."""
    with database.reading() as connection:
        require_utf8(connection)
        return state_within(connection)


def state_within(connection: Connection) -> SchemaState:
    """The same in a transaction of the caller's.

    Of a revision that is none of ours, the schema itself says for which programs it will do: those that know that revision.
    """
    revision, known = revision_of(connection), revisions()
    if revision == known[-1]:
        return SchemaState.CURRENT
    if revision is None or revision in known:
        return SchemaState.BEHIND
    if inspect(connection).has_table(tables.compatibility.name):
        oldest = connection.scalar(select(tables.compatibility.c.oldest_program))
        if oldest is not None and oldest in known:
            return SchemaState.NEWER
    raise NewerSchema


def revision_of(connection: Connection) -> str | None:
    """The revision that the schema is at, None for a database without our tables."""
    if not inspect(connection).has_table(ALEMBICS_TABLE):
        return None
    revision: str | None = connection.scalar(text(f"SELECT version_num FROM {ALEMBICS_TABLE}"))  # noqa: S608 (a constant)
    return revision


def head() -> str:
    """The newest revision."""
    return revisions()[-1]


def revisions() -> list[str]:
    """Every revision that this program has, the oldest first."""
    return sorted(file.name.partition("_")[0] for file in REVISIONS.glob("[0-9]*.py"))


def require_utf8(connection: Connection) -> None:
    """Raises StoreUnavailable for a PostgreSQL database that can't hold every text."""
    if connection.dialect.name == "postgresql":
        encoding: str = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise StoreUnavailable(f"its encoding is {encoding}", StoreFault.NOT_UTF8)
