"""For backend services: an access token that is valid."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from litestar import post
from litestar.di import Provide
from litestar.params import JSONBody

from application.auditing.audit_batch import AuditBatch
from application.list_connections import ListConnections
from application.metrics.catalogue import VENDS
from application.ports.metrics import Metrics
from application.rotation.claim_results import InFlight
from application.vend_token import ByAccount, ByConnection, Vended, VendToken
from domain.audit_trail import Actor
from domain.errors import AccountOutOfReach, ConnectionNotFound, InvalidRequest, ReauthorisationNeeded, TryLater
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.tokens import Secret
from entrypoints.fair_threads import FairThreads, SubjectKind
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.bodies import AccessToken, TokenRequest
from entrypoints.http.api.ids_in_requests import connection_id
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.wait_for_running_rotation import SharedWaits, StillInFlight
from entrypoints.http.dashboard_addresses import Addresses
from entrypoints.http.exception_to_error_code import ReconnectFirst
from entrypoints.settings import Service

Wanted = ByConnection | ByAccount
NoteVend = Callable[[str, ConnectionId | None], None]


def noting_for(actor: Injected[Actor], audit_batch: Injected[AuditBatch], metrics: Injected[Metrics]) -> NoteVend:
    """What counts the outcomes of this service's requests, and has each token that it was given in the audit trail."""

    def note(outcome: str, connection: ConnectionId | None) -> None:
        metrics.count(VENDS, actor.name, outcome)
        if connection is not None:
            audit_batch.vended(connection, actor)

    return note


@post(
    "/api/internal/tiktok/access-token",
    status_code=200,
    operation_id="vendToken",
    summary="An access token for one account",
    tags=["services"],
    responses=failures.VEND,
    dependencies={"note_vend": Provide(noting_for, sync_to_thread=False)},
)
async def vended_token(
    service: Injected[Service],
    note_vend: Injected[NoteVend],
    vend_token: Injected[VendToken],
    list_connections: Injected[ListConnections],
    addresses: Injected[Addresses],
    waiting: Injected[SharedWaits],
    desk: Injected[FairThreads],
    data: JSONBody[TokenRequest],
) -> AccessToken:
    """Renewed first when it lasts less long than wanted; what can't be renewed but is still valid comes marked degraded."""
    wanted = wanted_by(data)
    seconds = data.min_validity_seconds
    rejected = Secret(data.rejected_token) if data.rejected_token else None
    validity = None if seconds is None else timedelta(seconds=seconds)
    vend = partial(vend_token, wanted, min_validity=validity, rejected=rejected, limits=service.limits)
    try:
        vended = await vended_by(vend, waiting, desk, key=(service.name, wanted, seconds, rejected), service=service.name)
    except (ReauthorisationNeeded, AccountOutOfReach) as needed:
        note_vend("refused", None)
        connection = await desk.run(
            partial(connection_of, wanted, list_connections), subject=SubjectKind.SERVICE.named(service.name)
        )
        raise ReconnectFirst(needed, addresses.reconnect(connection)) from None
    except Exception:
        note_vend("failed", None)
        raise
    note_vend("degraded" if vended.degraded else "vended", vended.connection)
    return AccessToken(
        access_token=vended.access.reveal(),
        expires_at=vended.expires_at,
        account_id=vended.advertiser,
        degraded=vended.degraded,
    )


def wanted_by(request: TokenRequest) -> Wanted:
    """Whose token. Raises InvalidRequest unless it is said in exactly one of the two ways."""
    by_account = (request.user_id, request.account_id)
    match request.connection_id, by_account:
        case str(connection), (None, None):
            return ByConnection(connection_id(connection))
        case None, (str(user), str(account)):
            return ByAccount(OwnerId(user), AdvertiserId(account))
        case _:
            raise InvalidRequest("give either connectionId, or userId and accountId")


async def vended_by(
    vend: partial[Vended | InFlight], waiting: SharedWaits, desk: FairThreads, *, key: object, service: str
) -> Vended:
    """What is there if it is good enough, without a look at who waits for TikTok; else a renewal, shared and bounded."""
    at_once, subject = partial(vend, patient=False), SubjectKind.SERVICE.named(service)
    try:
        there = await desk.run(at_once, subject=subject)
    except TryLater:
        there = None
    if isinstance(there, Vended) and not there.degraded:
        return there
    try:
        return await waiting.share(key, vend, subject=subject)
    except StillInFlight:
        match await desk.run(at_once, subject=subject):
            case Vended() as last:
                return last
            case InFlight():  # without patience there is an answer, or this is a bug of ours
                raise AssertionError from None


def connection_of(wanted: Wanted, list_connections: ListConnections) -> ConnectionId:
    """The connection that a person has to authorise again. Raises ConnectionNotFound."""
    match wanted:
        case ByConnection(connection=connection):
            return connection
        case ByAccount(owner=owner, advertiser=advertiser):
            found = (v.connection.id for v in list_connections(owner) if v.connection.advertiser.id == advertiser)
            if (reached := next(found, None)) is None:
                raise ConnectionNotFound
            return reached
