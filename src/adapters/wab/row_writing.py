"""One connection's row in the dashboard's table: seen, inserted with what it takes over, brought up to date, removed."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, not_, or_, select, update

from adapters.wab.columns_and_privileges import TableShape
from adapters.wab.dashboard_tables import IS_TIKTOKS, IS_V7, NOW, TIKTOK, ad_spend, connections, has_token
from application.ports.connection_mirror import RowOutcome, RowReport
from domain.mirrored_row import Show

ACTIVE, NEEDS_REAUTH = "active", "needs_reauth"
HOLDS_A_TOKEN = RowReport(RowOutcome.CONFLICT, "it holds a token, so it is not ours")


def conflict(line: str) -> RowReport:
    """What an operator has to look at."""
    return RowReport(RowOutcome.CONFLICT, line)


def uuid_of(name: str) -> UUID | None:
    """The UUID that is written so, in the usual way of writing one."""
    try:
        parsed = UUID(name)
    except ValueError:
        return None
    return parsed if str(parsed) == name.lower() else None


class DashboardRows:
    """Rows of one transaction, in a table of this shape."""

    def __init__(self, connection: Connection, shape: TableShape) -> None:
        self._connection, self._shape = connection, shape
        self._has_token = has_token(shape.permitting("SELECT"))

    def show(self, name: UUID, desired: Show) -> RowReport:
        """Have the row be there with its values."""
        row = desired.row
        there, owner = self._there(name), uuid_of(row.owner)
        status = NEEDS_REAUTH if row.needs_reauth else ACTIVE
        if there is None and not desired.insert:
            return RowReport(RowOutcome.MISSING)
        if owner is None:
            return conflict("its owner's id is no UUID, so it can be no user there")
        if there is None:
            return self._insert(name, owner, desired, status)
        if there.has_token:
            return HOLDS_A_TOKEN
        if (there.user_id, there.account_id) != (owner, row.account):
            column = "user_id" if there.user_id != owner else "account_id"
            return conflict(f"its {column} was changed there; it is left as it is")
        values = {"account_name": self._shape.cut(row.account_name, "account_name"), "status": status}
        if (there.account_name, there.status) != (values["account_name"], status):
            self._connection.execute(
                update(connections).where(connections.c.id == name, IS_TIKTOKS).values(updated_at=NOW, **values)
            )
        return RowReport(RowOutcome.THERE)

    def remove(self, name: UUID) -> RowReport:
        """Have the row be gone."""
        there = self._there(name)
        if there and there.has_token:
            return HOLDS_A_TOKEN
        if there:
            self._connection.execute(delete(connections).where(connections.c.id == name, IS_TIKTOKS))
        return RowReport(RowOutcome.GONE)

    def is_there(self, name: UUID, owner: UUID) -> bool:
        """Whether a row without a token has this id and owner."""
        query = select(connections.c.id).where(
            connections.c.id == name, connections.c.user_id == owner, IS_TIKTOKS, not_(self._has_token)
        )
        return self._connection.execute(query).first() is not None

    def mark_stale(self, name: UUID, owner: UUID, now: datetime) -> None:
        """Have a row say that its person must connect again."""
        self._connection.execute(
            update(connections)
            .where(connections.c.id == name, connections.c.user_id == owner, IS_TIKTOKS, not_(self._has_token))
            .where(connections.c.status != NEEDS_REAUTH)
            .values(status=NEEDS_REAUTH, updated_at=naive(now))
        )

    def _there(self, name: UUID) -> Row[tuple[UUID, str, str | None, str, bool]] | None:
        query = select(
            connections.c.user_id,
            connections.c.account_id,
            connections.c.account_name,
            connections.c.status,
            self._has_token.label("has_token"),
        )
        return self._connection.execute(query.where(connections.c.id == name, IS_TIKTOKS).with_for_update()).first()

    def _insert(self, name: UUID, owner: UUID, desired: Show, status: str) -> RowReport:
        """Make the row; older ones of the same account give way to it: the dashboard's own, and ours that are left over."""
        row, left_over = desired.row, [one for one in map(uuid_of, desired.gives_way) if one]
        gives_way = or_(not_(IS_V7), and_(connections.c.id.in_(left_over), not_(self._has_token)))
        older = self._connection.execute(
            select(connections.c.id, connections.c.created_at, IS_V7.label("was_ours"))
            .where(connections.c.user_id == owner, connections.c.account_id == row.account, IS_TIKTOKS, gives_way)
            .order_by(connections.c.id)
            .with_for_update()
        ).all()
        self._connection.execute(
            insert(connections).values(
                id=name,
                user_id=owner,
                platform=TIKTOK,
                account_id=row.account,
                account_name=self._shape.cut(row.account_name, "account_name"),
                access_token="",
                status=status,
                created_at=min([naive(row.created_at), *(one.created_at for one in older)]),
                updated_at=NOW,
            )
        )
        for one in sorted(older, key=lambda one: (one.was_ours, one.created_at), reverse=True):
            self._take_over(name, one.id)
        return RowReport(RowOutcome.THERE, took_over=tuple(str(one.id) for one in older))

    def _take_over(self, name: UUID, older: UUID) -> None:
        """Move the days of spend that the new row does not have yet, each as a whole; the others go with the older row."""
        gives_way = select(connections.c.id).where(connections.c.id == older, IS_TIKTOKS)
        mine = ad_spend.alias("mine")
        has_day = exists(select(mine.c.date).where(mine.c.connection_id == name, mine.c.date == ad_spend.c.date))
        self._connection.execute(
            update(ad_spend).where(ad_spend.c.connection_id.in_(gives_way), ~has_day).values(connection_id=name)
        )
        self._connection.execute(delete(connections).where(connections.c.id.in_(gives_way), IS_TIKTOKS))


def lock(connection: Connection, name: UUID) -> None:
    """Let nobody else settle this connection until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"tiktok-connect/{name}", 0))))


def naive(moment: datetime) -> datetime:
    """As the dashboard writes times: UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)
