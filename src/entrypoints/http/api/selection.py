"""Choosing among the accounts that a consent reached."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import FromQuery, JSONBody

from application.select_accounts import SelectAccounts
from domain.advertiser import Advertiser
from domain.errors import InvalidRequest
from domain.grant import TIKTOK_ADS
from domain.ids import AdvertiserId
from entrypoints.http import codes
from entrypoints.http.api.account_standing import why_closed
from entrypoints.http.api.bodies import Account, ConnectedAccount, PendingSelection, Selected, Selection, UnavailableAccount
from entrypoints.http.api.ids import offer_id
from entrypoints.http.api.openapi import SESSION, failures
from entrypoints.http.auth.guards import brings_json, may_write, session_of, signed_in
from entrypoints.http.bridge import Given

AnyRequest = Request[Any, Any, Any]


@get(
    "/api/auth/tiktok/pending",
    sync_to_thread=True,
    guards=[signed_in],
    summary="The accounts to choose from",
    tags=["connect"],
    security=SESSION,
    responses=failures(
        codes.INVALID_REQUEST, codes.UNAUTHORIZED, codes.PENDING_NOT_FOUND, codes.PENDING_EXPIRED, codes.UNAVAILABLE
    ),
)
def pending(request: AnyRequest, select_accounts: Given[SelectAccounts], id: FromQuery[str] = "") -> PendingSelection:  # noqa: A002 (the parameter's public name)
    """What a consent reached, for ten minutes."""
    if not id:
        message = "id is missing"
        raise InvalidRequest(message)
    offer = select_accounts.offered(session_of(request).owner_id, offer_id(id))
    return PendingSelection(
        accounts=[account(a) for a in offer.selectable],
        unavailable_accounts=[unavailable(a) for a in offer.unavailable],
        expires_at=offer.expires_at,
    )


def account(advertiser: Advertiser) -> Account:
    """An account on offer; a missing name is the id."""
    return Account(
        account_id=advertiser.id,
        name=advertiser.name or advertiser.id,
        currency=advertiser.currency,
        timezone=advertiser.timezone,
    )


def unavailable(advertiser: Advertiser) -> UnavailableAccount:
    """An account that can't be chosen, and why."""
    return UnavailableAccount(
        account_id=advertiser.id,
        name=advertiser.name or advertiser.id,
        currency=advertiser.currency,
        timezone=advertiser.timezone,
        status=advertiser.status,
        reason=why_closed(advertiser.standing),
    )


@post(
    "/api/auth/tiktok/select-account",
    status_code=200,
    sync_to_thread=True,
    guards=[may_write, brings_json],
    summary="Connect the chosen accounts",
    tags=["connect"],
    security=SESSION,
    responses=failures(
        codes.INVALID_REQUEST,
        codes.ACCOUNT_NOT_ON_OFFER,
        codes.UNAUTHORIZED,
        codes.ORIGIN_REFUSED,
        codes.PENDING_NOT_FOUND,
        codes.PENDING_USED,
        codes.PENDING_EXPIRED,
        codes.PAYLOAD_TOO_LARGE,
        codes.UNAVAILABLE,
    ),
)
def select_account(request: AnyRequest, select_accounts: Given[SelectAccounts], data: JSONBody[Selection]) -> Selected:
    """Connect one account or several. The same choice again gives the same answer."""
    connections = select_accounts(session_of(request).owner_id, offer_id(data.pending_token_id), chosen(data))
    return Selected(
        connections=[
            ConnectedAccount(
                id=c.id,
                platform=TIKTOK_ADS,
                account_id=c.advertiser.id,
                account_name=c.advertiser.name or c.advertiser.id,
                status="active",
            )
            for c in connections
        ]
    )


def chosen(selection: Selection) -> frozenset[AdvertiserId]:
    """The accounts, each once. Raises InvalidRequest unless exactly one of the two fields is given, and not empty."""
    if (selection.account_id is None) == (selection.account_ids is None):
        message = "give either accountId or accountIds"
        raise InvalidRequest(message)
    accounts = [selection.account_id] if selection.account_id is not None else selection.account_ids or []
    if not accounts:
        message = "accountIds is empty"
        raise InvalidRequest(message)
    return frozenset(AdvertiserId(a) for a in accounts)
