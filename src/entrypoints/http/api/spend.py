"""Spend: for the person whose accounts they are, and for backend services."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from math import inf
from typing import Annotated, Any, cast

from litestar import Request, Response, get
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from application.auditing.audit_batch import AuditBatch
from application.find_owner import FindOwner
from application.list_spend_lines import ListSpendLines
from application.ports.spend_store import SpendAccount
from application.show_spend import ShowSpend, SpendShown
from domain.audit_trail import Actor
from domain.errors import InvalidRequest
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.spend_bodies import (
    SpendPage,
    SpendReport,
    importing_of,
    json_with_rows,
    open_days_of,
    revenue_of,
    roas_of,
    row_of,
    totals_of,
)
from entrypoints.http.api.spend_csv import CSV, ORDER, csv_of
from entrypoints.http.api.spend_query import Cursor, Place, SpendQuery, query_of_spend
from entrypoints.settings import Service

ROWS_A_PAGE = 1000
MOST_ROWS = 50_000
"""In one answer of JSON: some 9 MB."""

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
    dependencies={"spend_query": Provide(query_of_spend, sync_to_thread=False)},
    responses=failures.SPEND,
)
def spend_of_user(
    request: Request[Any, Any, Any],
    owner: Injected[OwnerId],
    show_spend: Injected[ShowSpend],
    list_spend_lines: Injected[ListSpendLines],
    spend_query: Injected[SpendQuery],
) -> Response[SpendReport]:
    """As TikTok reports it, with what the shops' orders say of it. With `Accept: text/csv` the rows alone, however many."""
    columns, window, of_kind = spend_query.columns, spend_query.window, spend_query.kind
    as_csv = request.accept.best_match([MediaType.JSON, CSV]) == CSV
    shown = show_spend(owner, window, connection=spend_query.connection, kind=of_kind, with_orders=not as_csv, by_campaign=False)
    accounts, connections, vary = currencies_of(owner, shown), connections_of(shown), {"Vary": "Accept"}
    pieces = list_spend_lines(accounts, window, of_kind, columns, most=inf if as_csv else MOST_ROWS)
    rows = ([row_of(line, columns, connections) for line in piece] for piece in pieces)
    if as_csv:
        names = [name for name in ORDER if not any(name in OF_COLUMN[column] for column in set(SpendColumn) - columns)]
        table = begun(csv_of(rows, names))  # while its head is not sent, a failure is still told as one
        return cast("Response[SpendReport]", Stream(table, media_type=CSV, headers=vary))
    report = SpendReport(
        first=window.first,
        last=window.last,
        rows=[],
        totals=totals_of(shown),
        revenue=revenue_of(shown),
        roas=roas_of(shown),
        imported_through=shown.imported_through,
        importing=importing_of(shown),
        incomplete=open_days_of(shown),
    )
    body = json_with_rows(report, rows)
    return cast("Response[SpendReport]", Response(body, media_type=MediaType.JSON, headers=vary))


@dataclass(frozen=True, slots=True)
class Whose:
    """A user's spend, or that of one connection, whoever's it is."""

    user: OwnerId
    connection: ConnectionId | None


def asked_for(
    spend_query: Injected[SpendQuery], user: Annotated[str, QueryParameter(name="userId", max_length=255)] = ""
) -> Whose:
    """From the parameters in the address. Raises InvalidRequest unless they name one of the two."""
    if bool(user) is bool(spend_query.connection):
        raise InvalidRequest("give either userId or connectionId")
    return Whose(OwnerId(user), spend_query.connection)


NoteReading = Callable[[OwnerId, ConnectionId | None], None]


def noting_for(actor: Injected[Actor], audit_batch: Injected[AuditBatch]) -> NoteReading:
    """What has it in the audit trail whose spend this service read."""
    return partial(audit_batch.spend_read, service=actor)


@get(
    "/api/internal/spend",
    sync_to_thread=True,
    operation_id="listSpend",
    summary="Ad spend of one user, in pages",
    tags=["services"],
    responses=failures.INTERNAL_SPEND,
    dependencies={
        "spend_query": Provide(query_of_spend, sync_to_thread=False),
        "whose": Provide(asked_for, sync_to_thread=False),
        "note_reading": Provide(noting_for, sync_to_thread=False),
    },
)
def spend_for_service(
    service: Injected[Service],
    note_reading: Injected[NoteReading],
    find_owner: Injected[FindOwner],
    show_spend: Injected[ShowSpend],
    list_spend_lines: Injected[ListSpendLines],
    spend_query: Injected[SpendQuery],
    whose: Injected[Whose],
    cursor: FromQuery[str] = "",
) -> SpendPage:
    """Of a user, or of a connection; 1 000 rows a page. Totals and days are of all rows on each page."""
    columns, window, of_kind = spend_query.columns, spend_query.window, spend_query.kind
    after = Cursor.read(cursor).after if cursor else None
    owner = find_owner(whose.connection) if whose.connection else whose.user
    shown = show_spend(
        owner,
        window,
        connection=whose.connection,
        kind=of_kind,
        with_orders=False,
        by_campaign=False,
        limits=service.limits,
    )
    if shown.accounts:
        note_reading(owner, whose.connection)
    following = list_spend_lines(currencies_of(owner, shown), days_from(window, after, columns), of_kind, columns)
    lines = (line for piece in following for line in piece if after is None or Place.of(line) > after)
    page, connections = list(islice(lines, ROWS_A_PAGE)), connections_of(shown)
    more = next(lines, None) is not None
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


def days_from(window: Window, after: Place | None, columns: Collection[SpendColumn]) -> Window:
    """The days that may have something behind this place."""
    if after is None or SpendColumn.DAY not in columns or not window.first <= after.day <= window.last:
        return window
    return replace(window, first=after.day)


def begun(text: Iterator[str]) -> Iterator[str]:
    """The same text, whose first piece is there already."""
    first = next(text, "")
    return chain([first], text)


def currencies_of(owner: OwnerId, shown: SpendShown) -> dict[SpendAccount, str]:
    """The accounts, each with its currency."""
    return {SpendAccount(owner, account.spend.account): account.spend.currency for account in shown.accounts}


def connections_of(shown: SpendShown) -> dict[AdvertiserId, ConnectionId]:
    """The connection of each account."""
    return {account.spend.account: account.connection.id for account in shown.accounts}
