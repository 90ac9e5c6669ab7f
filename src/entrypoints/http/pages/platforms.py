"""The page of a person's connections."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from application.disconnect import Disconnect
from application.list_connections import ListConnections
from application.ports.clock import Clock
from application.remove_left_over_row import RemoveLeftOverRow
from application.show_imports import ShowImports
from domain.audit_trail import Actor
from domain.connection_view import ConnectionView
from domain.errors import ConnectionNotFound
from domain.ids import OwnerId
from entrypoints.http.api import Injected, connection_id
from entrypoints.http.dashboard_addresses import PLATFORMS, Addresses
from entrypoints.http.pages.message_for_url_code import Notice, flash_of
from entrypoints.http.pages.rendering import AnyRequest, page, to
from entrypoints.http.pages.sections_by_permission import sections_of

SOONEST, LATEST = timedelta(seconds=2), timedelta(minutes=1)


@get(PLATFORMS, sync_to_thread=True)
def platforms(
    request: AnyRequest,
    owner: Injected[OwnerId],
    list_connections: Injected[ListConnections],
    show_imports: Injected[ShowImports],
    clock: Injected[Clock],
) -> Response[str]:
    """The owner's connections, how they do, and how far their spend is read."""
    views = list_connections(owner)
    imports = show_imports(owner, [view.connection for view in views])
    now = clock.now()
    return page(
        request,
        "platforms.html",
        HTTP_200_OK,
        flash=flash_of(request.query_params, connected=any(not view.needs_reauth for view in views)),
        sections=sections_of(views, imports, now),
        broken=any(view.needs_reauth for view in views),
        summary=summary_of(views),
        every=look_again_every(views) // timedelta(seconds=1),
    )


@post("/dashboard/platforms/{connection:str}/disconnect", sync_to_thread=True)
def disconnect_account(
    owner: Injected[OwnerId],
    actor: Injected[Actor],
    connection: FromPath[str],
    disconnect: Injected[Disconnect],
    remove_left_over_row: Injected[RemoveLeftOverRow],
    addresses: Injected[Addresses],
) -> Response[str]:
    """Disconnect one account, and say on the next page what that meant; also when it was gone before, or never there."""
    try:
        ended = disconnect(owner, connection_id(connection), by=actor)
    except ConnectionNotFound:
        with suppress(ConnectionNotFound):
            remove_left_over_row(owner, connection_id(connection))
        notice = Notice.GONE
    else:
        notice = Notice.REVOKED if ended else Notice.DISCONNECTED
    return to(addresses.at(PLATFORMS, notice=notice.value), HTTP_303_SEE_OTHER)


def summary_of(views: Sequence[ConnectionView]) -> str:
    """How the platform does as a whole, in one line."""
    waiting = sum(view.needs_reauth for view in views)
    connected = len(views) - waiting
    if not views:
        return "Not connected"
    told = f"{connected or 'No'} account{'' if connected in {0, 1} else 's'} connected"
    return f"{told}, {waiting} need{'s' if waiting == 1 else ''} you" if waiting else told


def look_again_every(views: Sequence[ConnectionView]) -> timedelta:
    """How often the page's script looks for news: a few times in the life of the shortest token."""
    lives = [v.token_expires_at - v.token_issued_at for v in views if v.token_expires_at and v.token_issued_at]
    return min(max(min(lives, default=LATEST) / 10, SOONEST), LATEST)
