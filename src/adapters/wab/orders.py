"""Orders in the dashboard's database: read by SQL that takes of each only what the rule needs, and nothing of the customer.

Of click ids it is told only that they are there. What is no object where one belongs says nothing, as in `Attribution.of`.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, text

from adapters.postgres.pooler_safe_connections import Bounds
from adapters.wab.dashboard_database import BOUNDS, DashboardDatabase
from application.ports.connection_mirror import MirrorUnavailable
from application.ports.orders import MOST_ORDERS, OrdersUnavailable, ShopOrders
from domain.ids import OrderId, OwnerId
from domain.order import CLICK_IDS, COUNTED_STATUSES, TOUCH_KEYS, Attribution, Order

LONGEST_CAMPAIGN = 1000
"""Characters of a campaign's name: more don't leave the database, and fit no campaign."""

PATIENT = Bounds(connect=BOUNDS.connect, statement=timedelta(seconds=5), lock=BOUNDS.lock, idle=BOUNDS.idle)
"""A year of a shop's orders takes longer than a row of the mirror's."""


def given(document: str, key: str) -> str:
    """SQL: whether a document has a text that is not blank under this key."""
    return f"(jsonb_typeof({document} -> '{key}') = 'string' AND btrim({document} ->> '{key}') <> '')"


def picked(document: str) -> str:
    """SQL: of a touch what the rule asks for; NULL where it is no object, or has nothing by which a touch is known."""
    keys = ", ".join(f"'{key}'" for key in TOUCH_KEYS)
    clicks = ", ".join(f"'{key}', CASE WHEN {given(document, key)} THEN 'given' END" for key in CLICK_IDS)
    source = f"'source', CASE WHEN {given(document, 'source')} THEN left({document} ->> 'source', 50) END"
    return f"""CASE WHEN jsonb_typeof({document}) = 'object' AND {document} ?| ARRAY[{keys}]
        THEN jsonb_build_object({clicks}, {source}) END"""


DOCUMENT, LAST, MULTI = "o.attribution", "(o.attribution -> 'last_touch')", "(o.attribution #> '{multi_touch,last_touch}')"
CAMPAIGN = "(o.attribution -> 'utm')"
STATUSES = ", ".join(f"'{status}'" for status in sorted(COUNTED_STATUSES))

PAID = f"""FROM orders o JOIN stores s ON s.id = o.store_id
WHERE s.user_id = :owner AND o.date_created >= :since AND o.date_created < :until AND o.status IN ({STATUSES})"""

READABLE = f"""(o.total IS NOT NULL AND o.total <> 'NaN' AND coalesce(o.currency, '') <> ''
    AND coalesce(jsonb_typeof({DOCUMENT}), 'null') IN ('object', 'null'))"""

NAMES_TIKTOK = f"""(jsonb_typeof({DOCUMENT}) = 'object' AND ({given(DOCUMENT, "ttclid")}
    OR {given(LAST, "ttclid")} OR {given(MULTI, "ttclid")}
    OR {LAST} ->> 'source' = 'tiktok_ads' OR {MULTI} ->> 'source' = 'tiktok_ads'))"""

ORDERS = text(f"""
SELECT coalesce(o.external_id, CAST(o.id AS text)) AS id, o.date_created AS placed_at, o.total, o.currency, o.status,
    coalesce({picked(DOCUMENT)}, '{{}}') || jsonb_build_object(
        'last_touch', {picked(LAST)},
        'multi_touch', jsonb_build_object('last_touch', {picked(MULTI)}),
        'utm', jsonb_build_object('utm_campaign',
            CASE WHEN {given(CAMPAIGN, "utm_campaign")} THEN left({CAMPAIGN} ->> 'utm_campaign', {LONGEST_CAMPAIGN}) END)
    ) AS attribution
{PAID} AND {READABLE} AND {NAMES_TIKTOK}
ORDER BY o.date_created, o.id LIMIT :limit
""")

CURRENCIES = text(f"""
SELECT CASE WHEN {READABLE} THEN o.currency END AS currency, count(*) AS number {PAID} GROUP BY 1
""")


class WabOrders:
    """Keeps the promises of the port `Orders`. It connects at its first use."""

    def __init__(self, url: str, *, most: int = MOST_ORDERS) -> None:
        self._database, self._most = DashboardDatabase(url, PATIENT), most

    def dispose(self) -> None:
        """Close the connections; the next use makes new ones."""
        self._database.dispose()

    def paid(self, owner: OwnerId, since: datetime, until: datetime) -> ShopOrders | None:
        try:
            user = UUID(owner)
        except ValueError:  # a user of the demo, or of another issuer: none of the dashboard's
            return ShopOrders()
        asked = {"owner": user, "since": in_their_time(since), "until": in_their_time(until)}
        try:
            with self._database.seeing() as transaction:
                counts = {row.currency: row.number for row in transaction.execute(CURRENCIES, asked)}
                rows = transaction.execute(ORDERS, asked | {"limit": self._most + 1}).all()
        except MirrorUnavailable as unavailable:
            raise OrdersUnavailable(str(unavailable)) from None
        if len(rows) > self._most:
            raise OrdersUnavailable(f"more than {self._most} orders are to be added up")
        unreadable = counts.pop(None, 0)
        return ShopOrders(tuple(map(order_of, rows)), frozenset(counts), unreadable)


def order_of(row: Row[tuple[object, ...]]) -> Order:
    """From the columns of the query."""
    attribution = Attribution.of(row.attribution)
    return Order(OrderId(row.id), row.placed_at.replace(tzinfo=UTC), row.total, row.currency, row.status, attribution)


def in_their_time(moment: datetime) -> datetime:
    """As the dashboard writes times: UTC, and no zone with it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
