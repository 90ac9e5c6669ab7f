"""For backend services: everything of a user is erased."""

import logging
from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Request, delete
from litestar.params import FromPath

from application.erase_user import EraseUser
from domain.audit_trail import Actor
from domain.errors import InvalidRequest
from domain.ids import OwnerId, is_owner
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.bodies import ErasureReceipt
from entrypoints.http.api.injected import Injected
from entrypoints.settings import Service

PREFIX = "/api/internal/users/"

log = logging.getLogger(__name__)


@delete(
    PREFIX + "{user:path}",
    status_code=202,
    sync_to_thread=True,
    operation_id="eraseUser",
    summary="Erase everything of a user",
    tags=["services"],
    responses=failures.ERASE,
)
def erased_user(
    request: Request[Any, Any, Any],
    service: Injected[Service],
    actor: Injected[Actor],
    erase_user: Injected[EraseUser],
    user: FromPath[str],  # noqa: ARG001 (it stands in the description; its text is read as it was sent)
) -> ErasureReceipt:
    """At once: connections, tokens, choices, spend. Revocations at TikTok follow by themselves. Sessions of the user are
    refused for 30 days; a repetition within them has the same receipt. A user of whom nothing is known gets a receipt too.
    """
    owner = owner_in_path(request.scope.get("raw_path") or b"")
    erased = erase_user(owner, by=actor, limits=service.limits)
    facts = {"service": service.name, "receipt": erased.receipt, "connections": erased.connections, "grants": erased.grants}
    log.warning("everything of a user was erased", extra=facts)
    return ErasureReceipt(receipt_id=erased.receipt)


def owner_in_path(raw: bytes) -> OwnerId:
    """The user's id as it was sent, percent-encoded: what the router makes of it drops slashes, and then is another's id.

    Raises InvalidRequest for what no session names.
    """
    before, prefix, encoded = raw.partition(b"?")[0].partition(PREFIX.encode())
    try:
        user = unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        user = ""
    if before or not prefix or not is_owner(user):
        raise InvalidRequest("give the user's id as it stands in their session, percent-encoded")
    return OwnerId(user)
