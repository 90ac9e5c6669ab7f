"""What a user has connected: the list, renewing one, disconnecting one."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, JSONBody

from application.disconnect import Disconnect
from application.list_connections import ConnectionView, Overview
from application.ports.system import Clock
from application.rotate_grant import RotateGrant
from domain.errors import PlatformUnavailable
from entrypoints.http import codes
from entrypoints.http.api.bodies import Disconnected, Health, Platform, Platforms, Refreshed, RefreshRequest
from entrypoints.http.api.ids import connection_id
from entrypoints.http.api.openapi import SESSION, failures
from entrypoints.http.auth.guards import brings_json, may_write, session_of, signed_in
from entrypoints.http.bridge import Given
from entrypoints.http.shared_waits import PATIENCE, StillInFlight, Waiting

AnyRequest = Request[Any, Any, Any]

ENDED = (
    "Disconnected. It was the last account of its permission, so its tokens are erased, and the permission is returned to TikTok"
    " unless another connection to the same accounts needs it."
)
GOES_ON = "Disconnected. The permission stays, since other accounts use it."


@get(
    "/api/platforms",
    sync_to_thread=True,
    guards=[signed_in],
    summary="Your connections",
    tags=["platforms"],
    security=SESSION,
    responses=failures(codes.UNAUTHORIZED, codes.UNAVAILABLE),
)
def platforms(request: AnyRequest, overview: Given[Overview]) -> Platforms:
    """The user's connections with their health, by creation."""
    return Platforms(connections=[platform(view) for view in overview(session_of(request).owner_id)])


def platform(view: ConnectionView) -> Platform:
    """A connection as it is listed."""
    connection, advertiser = view.connection, view.connection.advertiser
    return Platform(
        id=connection.id,
        platform="tiktok_ads",
        account_id=advertiser.id,
        account_name=advertiser.name or advertiser.id,
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
    guards=[may_write],
    summary="Disconnect an account",
    tags=["platforms"],
    security=SESSION,
    responses=failures(
        codes.INVALID_REQUEST, codes.UNAUTHORIZED, codes.ORIGIN_REFUSED, codes.CONNECTION_NOT_FOUND, codes.UNAVAILABLE
    ),
)
def disconnect_account(request: AnyRequest, disconnect: Given[Disconnect], connection: FromPath[str]) -> Disconnected:
    """At once, also when TikTok is away. The last account of a permission erases its tokens and has it revoked."""
    ended = disconnect(session_of(request).owner_id, connection_id(connection))
    return Disconnected(message=ENDED if ended else GOES_ON)


@post(
    "/api/auth/tiktok/refresh",
    status_code=200,
    guards=[may_write, brings_json],
    summary="Renew a connection's token now",
    tags=["platforms"],
    security=SESSION,
    responses=failures(
        codes.INVALID_REQUEST,
        codes.UNAUTHORIZED,
        *codes.RECONNECT,
        codes.ORIGIN_REFUSED,
        codes.CONNECTION_NOT_FOUND,
        codes.PAYLOAD_TOO_LARGE,
        *codes.TIKTOK,
        codes.UNAVAILABLE,
    ),
)
async def refresh(
    request: AnyRequest,
    rotate_grant: Given[RotateGrant],
    clock: Given[Clock],
    waiting: Given[Waiting],
    data: JSONBody[RefreshRequest],
) -> Refreshed:
    """Always renews, except that callers share a renewal under way. A long-term token is looked at instead."""
    owner, connection = session_of(request).owner_id, connection_id(data.connection_id)
    rotate = partial(rotate_grant, connection, owner=owner, asked_at=clock.now())
    try:
        rotated = await waiting.share((owner, connection), rotate)
    except StillInFlight:
        raise PlatformUnavailable(PATIENCE) from None
    return Refreshed(token_expires_at=rotated.token_expires_at)
