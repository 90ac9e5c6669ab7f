"""The page of a person's ad spend."""

from litestar import Response, get
from litestar.params import FromQuery
from litestar.status_codes import HTTP_200_OK

from application.list_connections import ListConnections
from application.ports.clock import Clock
from application.show_spend import ShowSpend
from domain.ids import OwnerId
from domain.spend import SpendKind
from domain.spend_columns import totals_by_currency
from domain.spend_day import DayState
from entrypoints.http.api import Injected, connection_id
from entrypoints.http.pages.amounts import Amounts
from entrypoints.http.pages.rendering import AnyRequest, page
from entrypoints.http.pages.spend_changes import change_lines
from entrypoints.http.pages.spend_notes import AccountNotes
from entrypoints.http.pages.spend_parts import RatioChosen, parts_of
from entrypoints.http.pages.spend_sections import sections_by_currency
from entrypoints.http.pages.times_in_words import ago

SPANS, USUAL_SPAN = (7, 30, 90), 30
"""Days to choose from."""

SPEND = "/dashboard/platforms/tiktok/spend"


@get(SPEND, sync_to_thread=True)
def spend(
    request: AnyRequest,
    owner: Injected[OwnerId],
    show_spend: Injected[ShowSpend],
    list_connections: Injected[ListConnections],
    clock: Injected[Clock],
    days: FromQuery[str] = "",
    account: FromQuery[str] = "",
) -> Response[str]:
    """Spend by day, ROAS and campaigns of the last days. Further parameters choose a ratio to be taken apart: `RatioChosen`."""
    span = int(days) if days in map(str, SPANS) else USUAL_SPAN
    chosen = connection_id(account) if account else None
    window, now = show_spend.last_days(owner, span, connection=chosen), clock.now()
    shown = show_spend(owner, window, connection=chosen)
    gmv_max = show_spend(owner, window, connection=chosen, kind=SpendKind.GMV_MAX, with_orders=False)
    open_days = [of_day for _, of_day, state in shown.incomplete if state is not DayState.MISSING]
    amounts = Amounts.of(request.headers.get("accept-language", ""))
    ratio_chosen = RatioChosen.of(request.query_params)
    ratio_parts = parts_of(shown, ratio_chosen)
    return page(
        request,
        "spend.html",
        HTTP_200_OK,
        amounts=amounts,
        window=window,
        span=span,
        spans=SPANS,
        accounts=[view.connection for view in list_connections(owner)],
        chosen=chosen,
        sections=sections_by_currency(shown),
        parts=ratio_parts,
        parts_missing=ratio_chosen is not None and ratio_parts is None,
        changes=change_lines(show_spend.changes(owner, shown), shown),
        gmv_max=totals_by_currency(gmv_max.rows),
        knows_orders=shown.orders is not None,
        unreadable=shown.orders.unreadable if shown.orders else 0,
        read_until=ago(shown.imported_through, now) if shown.imported_through else None,
        importing=shown.importing,
        open_since=min(open_days, default=None),
        notes=AccountNotes.of(shown, amounts, now),
    )
