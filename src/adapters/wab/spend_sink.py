"""Spend delivered into the WAB Dashboard's own PostgreSQL."""

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import URL, Connection, select

from adapters.wab.columns_and_privileges import TableShape, shapes_of
from adapters.wab.dashboard_database import DashboardDatabase
from adapters.wab.dashboard_database_errors import CHECK, TableRefuses
from adapters.wab.dashboard_tables import IS_TIKTOKS, ad_spend, connections, has_token, stores
from adapters.wab.identity_and_standby import place_of
from adapters.wab.row_writing import lock, uuid_of
from adapters.wab.spend_replacing import DashboardSpend
from application.ports.spend_sink import DeliveryOutcome, DeliveryReport
from domain.delivered_spend import DaysToDeliver, why_withheld
from domain.ids import ConnectionId
from domain.mirror_look import MirrorIdentity

NO_ROW = DeliveryReport(DeliveryOutcome.NO_ROW)


class WabSpendSink:
    """Replaces days in `ad_spend`, under the lock by which the mirror settles its row. It connects at its first use."""

    configured = True

    def __init__(self, url: str | URL) -> None:
        self.database = DashboardDatabase(url)

    def deliver(self, connection: ConnectionId, days: Callable[[MirrorIdentity], DaysToDeliver | None]) -> DeliveryReport:
        name = uuid_of(connection)
        if name is None:
            return NO_ROW
        try:
            with self.database.changing() as transaction:
                lock(transaction, name)
                shapes = shapes_now(transaction)
                desired = days(place_of(transaction, shapes[connections.name]).identity)
                if desired is None:
                    return DeliveryReport(DeliveryOutcome.LEFT)
                return delivery(transaction, shapes, name, desired, writes=True)
        except TableRefuses as refusal:
            return conflict(str(refusal))

    def compare(self, connection: ConnectionId, days: DaysToDeliver) -> DeliveryReport:
        name = uuid_of(connection)
        if name is None:
            return NO_ROW
        try:
            with self.database.seeing() as transaction:
                return delivery(transaction, shapes_now(transaction), name, days, writes=False)
        except TableRefuses as refusal:
            return conflict(str(refusal))

    def dispose(self) -> None:
        """Close the connections; the next use makes new ones."""
        self.database.dispose()


def conflict(line: str) -> DeliveryReport:
    """What an operator has to look at."""
    return DeliveryReport(DeliveryOutcome.CONFLICT, line)


def shapes_now(transaction: Connection) -> Mapping[str, TableShape]:
    """The tables as they are in this transaction: they may have been altered since the last one."""
    return shapes_of(transaction, [connections.name, ad_spend.name, stores.name])


def delivery(
    transaction: Connection, shapes: Mapping[str, TableShape], name: UUID, desired: DaysToDeliver, *, writes: bool
) -> DeliveryReport:
    """Compare the days with what is there, and replace those that differ."""
    impediment = impediment_of_row(transaction, shapes, name, desired, locks=writes) or withheld(
        transaction, shapes[stores.name], desired
    )
    if impediment is not None:
        return impediment
    spend = DashboardSpend(transaction, shapes[ad_spend.name], name)
    days, refused = spend.fitting(desired)
    different = spend.different(days)
    if writes:
        spend.replace({day: days[day] for day in different})
    return DeliveryReport(DeliveryOutcome.THERE, None, frozenset(days), different, refused)


def impediment_of_row(
    transaction: Connection, shapes: Mapping[str, TableShape], name: UUID, desired: DaysToDeliver, *, locks: bool
) -> DeliveryReport | None:
    """Why nothing may hang on the connection's row, which nobody deletes before the end of a transaction that writes."""
    readable = shapes[connections.name].permitting("SELECT")
    query = select(connections.c.user_id, connections.c.account_id, has_token(readable).label("has_token"))
    query = query.where(connections.c.id == name, IS_TIKTOKS)
    row = transaction.execute(query.with_for_update(read=True, key_share=True) if locks else query).first()
    if row is None:
        return NO_ROW
    if row.has_token or (row.user_id, row.account_id) != (uuid_of(desired.owner), desired.account):
        return conflict("the row of the connection is not as we wrote it")
    return None


def withheld(transaction: Connection, shape: TableShape, desired: DaysToDeliver) -> DeliveryReport | None:
    """Whether the owner's stores have another currency, where they tell."""
    if "currency" not in shape.columns:
        return None
    if not {"user_id", "currency"} <= shape.permitting("SELECT"):
        return conflict(f"the currencies of stores may not be read; {CHECK}")
    of_stores = transaction.scalars(select(stores.c.currency).where(stores.c.user_id == uuid_of(desired.owner)))
    why = why_withheld(desired.currencies, of_stores)
    return DeliveryReport(DeliveryOutcome.WITHHELD, why) if why else None
