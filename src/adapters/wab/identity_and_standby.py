"""Which database a transaction is in: by what it is known again, and whether it is a standby."""

from typing import NamedTuple

from sqlalchemy import Connection, text

from adapters.wab.columns_and_privileges import TableShape
from application.ports.connection_mirror import MirrorUnavailable
from domain.mirror_look import MirrorIdentity

PLACE = text("""
SELECT current_database() AS name, pg_is_in_recovery() AS standby,
    has_function_privilege(to_regprocedure('pg_catalog.pg_control_system()'), 'EXECUTE') AS tells_system,
    has_function_privilege(to_regprocedure('pg_catalog.pg_current_wal_flush_lsn()'), 'EXECUTE') AS tells_position
""")
SYSTEM = text("SELECT system_identifier FROM pg_catalog.pg_control_system()")
POSITION = text("SELECT CAST(pg_catalog.pg_current_wal_flush_lsn() - '0/0'::pg_lsn AS bigint)")
"""What is flushed outlives a crash, so the position of a server that only crashed never lies behind the one before."""


class Place(NamedTuple):
    """A database and its table, as far as it may be asked."""

    identity: MirrorIdentity
    standby: bool


def place_of(connection: Connection, shape: TableShape) -> Place:
    """Ask where this transaction is. `shape`: of the table of connections."""
    if shape.oid is None:
        raise MirrorUnavailable("there is no table ad_platform_connections")
    place = connection.execute(PLACE).one()
    system = connection.execute(SYSTEM).scalar_one() if place.tells_system else None
    position = connection.execute(POSITION).scalar_one() if place.tells_position and not place.standby else None
    return Place(MirrorIdentity(system and f"{system}/{place.name}", shape.oid, position), place.standby)
