"""A person's own refresh of one connection."""

from functools import partial

from litestar import post
from litestar.params import JSONBody

from application.ports.clock import Clock
from application.rotate_grant import RotateGrant
from domain.errors import PlatformUnavailable
from domain.ids import OwnerId
from entrypoints.fair_threads import SubjectKind
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.bodies import Refreshed, RefreshRequest
from entrypoints.http.api.ids_in_requests import connection_id
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.wait_for_running_rotation import LONGEST_WAIT, SharedWaits, StillInFlight


@post(
    "/api/auth/tiktok/refresh",
    status_code=200,
    operation_id="refreshTokens",
    summary="Refresh a connection's token now",
    tags=["platforms"],
    responses=failures.REFRESH,
)
async def refresh_connection(
    owner: Injected[OwnerId],
    rotate_grant: Injected[RotateGrant],
    clock: Injected[Clock],
    waiting: Injected[SharedWaits],
    data: JSONBody[RefreshRequest],
) -> Refreshed:
    """Always rotates, except that callers share a rotation under way. A long-term token is probed instead."""
    connection = connection_id(data.connection_id)
    rotate = partial(rotate_grant, connection, owner=owner, asked_at=clock.now())
    try:
        rotated = await waiting.share((owner, connection), rotate, subject=SubjectKind.USER.named(owner))
    except StillInFlight:
        raise PlatformUnavailable(LONGEST_WAIT) from None
    return Refreshed(token_expires_at=rotated.token_expires_at)
