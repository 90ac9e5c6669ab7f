"""The mirror over the WAB Dashboard's own PostgreSQL."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import URL, Connection, select

from adapters.wab.columns_and_privileges import TableShape, shapes_of
from adapters.wab.dashboard_database import DashboardDatabase
from adapters.wab.dashboard_database_errors import TableRefuses
from adapters.wab.dashboard_tables import connections, users
from adapters.wab.identity_and_standby import place_of
from adapters.wab.look_reading import look_at
from adapters.wab.mirror_requirements import lacks_of
from adapters.wab.row_writing import DashboardRows, conflict, lock, uuid_of
from application.ports.connection_mirror import Lack, RowOutcome, RowReport
from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import Look, MirrorIdentity
from domain.mirrored_row import Intent, Leave, Remove, Show


class WabConnectionMirror:
    """Keeps one row a connection in `ad_platform_connections`. Threads may share it; it connects at its first use."""

    configured = True

    def __init__(self, url: str | URL) -> None:
        self.database = DashboardDatabase(url)

    def settle(self, connection: ConnectionId, intent: Callable[[MirrorIdentity], Intent]) -> RowReport:
        name = uuid_of(connection)
        if name is None:
            return conflict("its id is no UUID")
        try:
            with self.database.changing() as transaction:
                lock(transaction, name)
                shape = shape_of_connections(transaction)
                rows = DashboardRows(transaction, shape)
                match intent(place_of(transaction, shape).identity):
                    case Show() as desired:
                        return rows.show(name, desired)
                    case Remove():
                        return rows.remove(name)
                    case Leave():
                        return RowReport(RowOutcome.LEFT)
        except TableRefuses as refusal:
            return conflict(str(refusal))

    def row_is_there(self, connection: ConnectionId, owner: OwnerId) -> bool:
        name, user = uuid_of(connection), uuid_of(owner)
        if name is None or user is None:
            return False
        with self.database.seeing() as transaction:
            return DashboardRows(transaction, shape_of_connections(transaction)).is_there(name, user)

    def is_user(self, owner: OwnerId) -> bool:
        user = uuid_of(owner)
        if user is None:
            return False
        with self.database.seeing() as transaction:
            return transaction.execute(select(users.c.id).where(users.c.id == user)).first() is not None

    def look(self, owners: Collection[OwnerId]) -> Look:
        with self.database.seeing() as transaction:
            return look_at(transaction, shape_of_connections(transaction), owners)

    def lacks(self) -> Sequence[Lack]:
        with self.database.seeing() as transaction:
            return [Lack(line) for line in lacks_of(transaction)]

    def mark_stale(self, connection: ConnectionId, owner: OwnerId, now: datetime) -> None:
        name, user = uuid_of(connection), uuid_of(owner)
        if name is None or user is None:
            return
        with self.database.changing() as transaction:
            lock(transaction, name)
            DashboardRows(transaction, shape_of_connections(transaction)).mark_stale(name, user, now)

    def dispose(self) -> None:
        """Close the connections; the next use makes new ones."""
        self.database.dispose()


def shape_of_connections(transaction: Connection) -> TableShape:
    """The table of connections as it is in this transaction: it may have been altered since the last one."""
    return shapes_of(transaction, [connections.name])[connections.name]
