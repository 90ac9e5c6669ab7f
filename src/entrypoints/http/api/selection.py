"""Choosing among the accounts that a consent reached."""

from litestar import get, post
from litestar.params import FromQuery, JSONBody

from application.select_accounts import SelectAccounts
from domain.advertiser import Advertiser
from domain.audit_trail import Actor
from domain.errors import InvalidRequest
from domain.grant import TIKTOK_ADS
from domain.ids import AdvertiserId, OwnerId
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.bodies import Account, ConnectedAccount, PendingSelection, Selected, Selection, UnavailableAccount
from entrypoints.http.api.ids_in_requests import offer_id
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.why_not_selectable import WHY_CLOSED


@get(
    "/api/auth/tiktok/pending",
    sync_to_thread=True,
    operation_id="listOfferedAccounts",
    summary="The accounts to choose from",
    tags=["connect"],
    responses=failures.PENDING,
)
def pending(owner: Injected[OwnerId], select_accounts: Injected[SelectAccounts], id: FromQuery[str] = "") -> PendingSelection:  # noqa: A002 (the parameter's public name)
    """What a consent reached, for ten minutes."""
    if not id:
        raise InvalidRequest("id is missing")
    offer = select_accounts.offered(owner, offer_id(id))
    return PendingSelection(
        accounts=[account(a) for a in offer.selectable],
        unavailable_accounts=[unavailable(a) for a in offer.unavailable],
        expires_at=offer.expires_at,
    )


def account(advertiser: Advertiser) -> Account:
    """An account on offer; a missing name is the id."""
    return Account(
        account_id=advertiser.id,
        name=advertiser.label,
        currency=advertiser.currency,
        timezone=advertiser.timezone,
    )


def unavailable(advertiser: Advertiser) -> UnavailableAccount:
    """An account that can't be chosen, and why."""
    return UnavailableAccount(
        account_id=advertiser.id,
        name=advertiser.label,
        currency=advertiser.currency,
        timezone=advertiser.timezone,
        status=advertiser.status,
        reason=WHY_CLOSED[advertiser.standing],
    )


@post(
    "/api/auth/tiktok/select-account",
    status_code=200,
    sync_to_thread=True,
    operation_id="selectAccounts",
    summary="Connect the chosen accounts",
    tags=["connect"],
    responses=failures.SELECT,
)
def select_account(
    owner: Injected[OwnerId], actor: Injected[Actor], select_accounts: Injected[SelectAccounts], data: JSONBody[Selection]
) -> Selected:
    """Connect one account or several. The same choice again gives the same answer."""
    connections = select_accounts(owner, offer_id(data.pending_token_id), chosen(data), by=actor)
    return Selected(
        connections=[
            ConnectedAccount(
                id=c.id,
                platform=TIKTOK_ADS,
                account_id=c.advertiser.id,
                account_name=c.advertiser.label,
                status="active",
            )
            for c in connections
        ]
    )


def chosen(selection: Selection) -> tuple[AdvertiserId, ...]:
    """The accounts in the order chosen. Raises InvalidRequest unless exactly one of the two fields is given, and not empty."""
    if (selection.account_id is None) == (selection.account_ids is None):
        raise InvalidRequest("give either accountId or accountIds")
    accounts = [selection.account_id] if selection.account_id is not None else selection.account_ids or []
    if not accounts:
        raise InvalidRequest("accountIds is empty")
    return tuple(AdvertiserId(a) for a in accounts)
