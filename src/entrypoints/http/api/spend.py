"""Spend: for the person whose accounts they are, and for backend services."""

from dataclasses import dataclass
from typing import Annotated, Any, cast

from litestar import Request, Response, get
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.params import FromQuery, QueryParameter

from application.show_spend import ShowSpend, SpendShown
from domain.errors import InvalidRequest
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.spend_columns import SpendColumn, lines_by
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.ids_in_requests import connection_id
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.spend_bodies import (
    SpendPage,
    SpendReport,
    SpendRow,
    importing_of,
    open_days_of,
    revenue_of,
    roas_of,
    row_of,
    totals_of,
)
from entrypoints.http.api.spend_csv import CSV, ORDER, csv_of
from entrypoints.http.api.spend_query import Cursor, Place, columns_of, kind_of, window_of
from entrypoints.settings import Service

ROWS_A_PAGE = 1000

From = Annotated[str, QueryParameter(name="from", description="The first day, YYYY-MM-DD.")]
To = Annotated[str, QueryParameter(name="to", description="The last day; 366 days at the most.")]
ConnectionChosen = Annotated[str, QueryParameter(name="connectionId", description="Of this connection alone.")]
By = Annotated[str, QueryParameter(name="by", description="What rows are told apart by: day, campaign, account, with commas.")]
Kind = Annotated[str, QueryParameter(name="kind", description="auction, or gmv_max: they are never added up.")]
OF_COLUMN = {
    SpendColumn.DAY: {"date"},
    SpendColumn.CAMPAIGN: {"campaignId", "campaignName"},
    SpendColumn.ACCOUNT: {"connectionId", "accountId"},
}


@get(
    "/api/spend",
    sync_to_thread=True,
    operation_id="showSpend",
    summary="Your ad spend",
    tags=["spend"],
    responses=failures.SPEND,
)
def spend_of_user(
    request: Request[Any, Any, Any],
    owner: Injected[OwnerId],
    show_spend: Injected[ShowSpend],
    first: From = "",
    last: To = "",
    connection: ConnectionChosen = "",
    by: By = "",
    kind: Kind = "auction",
) -> Response[SpendReport]:
    """As TikTok reports it, with what the shops' orders say of it. With `Accept: text/csv` the rows alone, as CSV."""
    columns, window, of_kind = columns_of(by), window_of(first, last), kind_of(kind)
    chosen = connection_id(connection) if connection else None
    as_csv = request.accept.best_match([MediaType.JSON, CSV]) == CSV
    shown = show_spend(owner, window, connection=chosen, kind=of_kind, with_orders=not as_csv)
    rows = rows_of(shown, columns)
    vary = {"Vary": "Accept"}
    if as_csv:
        left_out = {name for column in set(SpendColumn) - columns for name in OF_COLUMN[column]}
        table = csv_of(rows, [name for name in ORDER if name not in left_out])
        return cast("Response[SpendReport]", Response(table, media_type=CSV, headers=vary))
    report = SpendReport(
        first=window.first,
        last=window.last,
        rows=rows,
        totals=totals_of(shown),
        revenue=revenue_of(shown),
        roas=roas_of(shown),
        imported_through=shown.imported_through,
        importing=importing_of(shown),
        incomplete=open_days_of(shown),
    )
    return Response(report, headers=vary)


@dataclass(frozen=True, slots=True)
class Whose:
    """A user's spend, or that of one connection, whoever's it is."""

    user: OwnerId
    connection: ConnectionId | None


def asked_for(
    connection: ConnectionChosen = "", user: Annotated[str, QueryParameter(name="userId", max_length=255)] = ""
) -> Whose:
    """From the query. Raises InvalidRequest unless it names one of the two."""
    if bool(user) is bool(connection):
        raise InvalidRequest("give either userId or connectionId")
    return Whose(OwnerId(user), connection_id(connection) if connection else None)


@get(
    "/api/internal/spend",
    sync_to_thread=True,
    operation_id="listSpend",
    summary="Ad spend of one user, in pages",
    tags=["services"],
    responses=failures.INTERNAL_SPEND,
    dependencies={"whose": Provide(asked_for, sync_to_thread=False)},
)
def spend_for_service(
    service: Injected[Service],
    show_spend: Injected[ShowSpend],
    whose: Injected[Whose],
    first: From = "",
    last: To = "",
    by: By = "",
    kind: Kind = "auction",
    cursor: FromQuery[str] = "",
) -> SpendPage:
    """Of a user, or of a connection; 1 000 rows a page. Totals and days are of all rows on each page."""
    columns, window, of_kind = columns_of(by), window_of(first, last), kind_of(kind)
    after = Cursor.read(cursor).after if cursor else None
    owner = show_spend.owner_of(whose.connection) if whose.connection else whose.user
    shown = show_spend(owner, window, connection=whose.connection, kind=of_kind, with_orders=False, limits=service.limits)
    lines = [line for line in lines_by(columns, shown.rows) if after is None or Place.of(line) > after]
    connections, page, more = connections_of(shown), lines[:ROWS_A_PAGE], len(lines) > ROWS_A_PAGE
    return SpendPage(
        first=window.first,
        last=window.last,
        rows=[row_of(line, columns, connections) for line in page],
        totals=totals_of(shown),
        roas=roas_of(shown),
        imported_through=shown.imported_through,
        importing=importing_of(shown),
        incomplete=open_days_of(shown),
        next_cursor=Cursor(Place.of(page[-1])).text() if more else None,
    )


def rows_of(shown: SpendShown, columns: frozenset[SpendColumn]) -> list[SpendRow]:
    """All rows, told apart by these columns."""
    connections = connections_of(shown)
    return [row_of(line, columns, connections) for line in lines_by(columns, shown.rows)]


def connections_of(shown: SpendShown) -> dict[AdvertiserId, ConnectionId]:
    """The connection of each account."""
    return {account.spend.account: account.connection.id for account in shown.accounts}
