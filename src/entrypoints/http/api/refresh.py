"""A person's own refresh of one connection."""

from dataclasses import replace
from functools import partial

from litestar import post
from litestar.params import JSONBody

from application.auditing.audit_batch import AuditBatch
from application.ports.clock import Clock
from application.rotate_grant import RotateGrant
from domain.audit_trail import Act, Actor, AuditRecord
from domain.errors import ConnectionNotFound, PlatformUnavailable, Refusal
from domain.ids import OwnerId
from entrypoints.fair_threads import SubjectKind
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.bodies import Refreshed, RefreshRequest
from entrypoints.http.api.ids_in_requests import connection_id
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.wait_for_running_rotation import LONGEST_WAIT, SharedWaits, StillInFlight
from entrypoints.http.exception_to_error_code import code_of


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
    actor: Injected[Actor],
    audit_batch: Injected[AuditBatch],
    rotate_grant: Injected[RotateGrant],
    clock: Injected[Clock],
    waiting: Injected[SharedWaits],
    data: JSONBody[RefreshRequest],
) -> Refreshed:
    """Always rotates, except that callers share a rotation under way. A long-term token is probed instead."""
    connection = connection_id(data.connection_id)
    rotate = partial(rotate_grant, connection, owner=owner, asked_at=clock.now())
    asked = AuditRecord(Act.REFRESH_ASKED, actor, clock.now(), owner=owner, connection=connection)
    try:
        rotated = await waiting.share((owner, connection), rotate, subject=SubjectKind.USER.named(owner))
    except ConnectionNotFound:
        raise  # it may be another's, whose history this is not
    except StillInFlight:
        audit_batch.note(replace(asked, detail="in_flight"))
        raise PlatformUnavailable(LONGEST_WAIT) from None
    except Refusal as refusal:
        audit_batch.note(replace(asked, detail=code_of(refusal).name))
        raise
    audit_batch.note(replace(asked, detail="rotated" if rotated.token_expires_at else "probed"))
    return Refreshed(token_expires_at=rotated.token_expires_at)
