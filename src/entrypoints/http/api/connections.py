"""What a user has connected: the list, and disconnecting one."""

from litestar import delete, get
from litestar.params import FromPath

from application.disconnect import Disconnect
from application.list_connections import ListConnections
from application.remove_left_over_row import RemoveLeftOverRow
from domain.audit_trail import Actor
from domain.connection_view import ConnectionView
from domain.errors import ConnectionNotFound
from domain.ids import OwnerId
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.bodies import ConnectionBody, ConnectionList, Disconnected, Health
from entrypoints.http.api.ids_in_requests import connection_id
from entrypoints.http.api.injected import Injected
from entrypoints.http.success_sentences import DISCONNECTED_BEFORE, LAST_OF_ITS_PERMISSION, OTHERS_STAY


@get(
    "/api/platforms",
    sync_to_thread=True,
    operation_id="listConnections",
    summary="Your connections",
    tags=["platforms"],
    responses=failures.LIST,
)
def listed_connections(owner: Injected[OwnerId], list_connections: Injected[ListConnections]) -> ConnectionList:
    """The user's connections with their health, by creation."""
    return ConnectionList(connections=[connection_body(view) for view in list_connections(owner)])


def connection_body(view: ConnectionView) -> ConnectionBody:
    """A connection as it is listed."""
    connection, advertiser = view.connection, view.connection.advertiser
    return ConnectionBody(
        id=connection.id,
        platform="tiktok_ads",
        account_id=advertiser.id,
        account_name=advertiser.label,
        currency=advertiser.currency,
        timezone=advertiser.timezone,
        status="needs_reauth" if view.needs_reauth else "active",
        created_at=connection.created_at,
        token_expires_at=view.token_expires_at,
        next_refresh_at=view.next_refresh_at,
        refresh_token_expires_at=view.refresh_token_expires_at,
        reconnect_by=view.reconnect_by,
        generation=view.generation,
        health=Health(state=view.state.value, reason=view.reason, usable_until=view.usable_until),
    )


@delete(
    "/api/platforms/{connection:str}",
    status_code=200,
    sync_to_thread=True,
    operation_id="disconnectAccount",
    summary="Disconnect an account",
    tags=["platforms"],
    responses=failures.DISCONNECT,
)
def disconnect_account(
    owner: Injected[OwnerId],
    actor: Injected[Actor],
    disconnect: Injected[Disconnect],
    remove_left_over_row: Injected[RemoveLeftOverRow],
    connection: FromPath[str],
) -> Disconnected:
    """At once, also when TikTok is away. The last account of a permission erases its tokens and has it revoked.

    Again, it is not found; while the dashboard's own database still shows it, that is put right, and counts as disconnected.
    """
    named = connection_id(connection)
    try:
        ended = disconnect(owner, named, by=actor)
    except ConnectionNotFound:
        if not remove_left_over_row(owner, named):
            raise
        return Disconnected(message=DISCONNECTED_BEFORE)
    return Disconnected(message=LAST_OF_ITS_PERMISSION if ended else OTHERS_STAY)
