"""The page where a person chooses accounts."""

from collections.abc import Set as AbstractSet
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_400_BAD_REQUEST

from application.list_connections import ListConnections
from application.ports.clock import Clock
from application.select_accounts import SelectAccounts
from domain.audit_trail import Actor
from domain.consent import Connected
from domain.errors import AccountNotOnOffer, InvalidRequest, OfferUsed, Refusal
from domain.ids import AdvertiserId, OfferId, OwnerId
from domain.offer import Offer
from entrypoints.http.api import Injected, offer_id
from entrypoints.http.dashboard_addresses import PLATFORMS, SELECT, Addresses
from entrypoints.http.pages.connection_rows import choice_of
from entrypoints.http.pages.forms import field, fields
from entrypoints.http.pages.message_for_url_code import Notice
from entrypoints.http.pages.rendering import AnyRequest, page, to
from entrypoints.http.pages.times_in_words import to_act

OFFER_FIELD, ACCOUNTS_FIELD = "pendingTokenId", "accountIds"
"""As the API names them."""

FAULTS: dict[type[Refusal], str] = {
    InvalidRequest: "Please choose at least one account.",
    AccountNotOnOffer: "One of these accounts can't be connected here. Please choose again.",
}
"""What is said above the accounts when a choice is not taken."""


@get(SELECT, sync_to_thread=True)
def selection(
    request: AnyRequest,
    owner: Injected[OwnerId],
    list_connections: Injected[ListConnections],
    select_accounts: Injected[SelectAccounts],
    clock: Injected[Clock],
) -> Response[str]:
    """The accounts of an offer. Raises InvalidRequest, OfferNotFound, OfferExpired, OfferUsed."""
    offer = named_offer(request.query_params.get(OFFER_FIELD, ""))
    offered = select_accounts.offered(owner, offer)
    ticked = frozenset(a.id for a in offered.selectable) if request.query_params.get("all") else frozenset[AdvertiserId]()
    return choices_page(request, offered, list_connections, clock, ticked=ticked)


@post(SELECT, sync_to_thread=True)
def choose_accounts(
    request: AnyRequest,
    owner: Injected[OwnerId],
    actor: Injected[Actor],
    form: NamedDependency[FormMultiDict],
    list_connections: Injected[ListConnections],
    select_accounts: Injected[SelectAccounts],
    clock: Injected[Clock],
    addresses: Injected[Addresses],
) -> Response[str]:
    """Connect the ticked accounts. Raises InvalidRequest, OfferNotFound, OfferExpired, OfferUsed."""
    offer = named_offer(field(form, OFFER_FIELD))
    ticked = [AdvertiserId(account) for account in fields(form, ACCOUNTS_FIELD)]
    try:
        connected = select_accounts(owner, offer, ticked, by=actor)
    except (AccountNotOnOffer, InvalidRequest) as refusal:
        offered, fault = select_accounts.offered(owner, offer), FAULTS[type(refusal)]
        return choices_page(request, offered, list_connections, clock, ticked=frozenset(ticked), fault=fault)
    if not connected:
        raise OfferUsed  # the same choice again, and all of it has been disconnected since
    return to(addresses.after(Connected()), HTTP_303_SEE_OTHER)


@post("/dashboard/platforms/tiktok/cancel", sync_to_thread=True)
def cancel_selection(
    owner: Injected[OwnerId],
    actor: Injected[Actor],
    form: NamedDependency[FormMultiDict],
    select_accounts: Injected[SelectAccounts],
    addresses: Injected[Addresses],
) -> Response[str]:
    """End the choice, unless it was made before, in another tab for instance. Raises InvalidRequest, OfferNotFound."""
    ended = select_accounts.cancel(owner, named_offer(field(form, OFFER_FIELD)), by=actor)
    notice = Notice.CANCELLED if ended else Notice.CHOSEN_BEFORE
    return to(addresses.at(PLATFORMS, notice=notice.value), HTTP_303_SEE_OTHER)


def choices_page(
    request: AnyRequest,
    offer: Offer,
    list_connections: ListConnections,
    clock: Clock,
    *,
    ticked: AbstractSet[AdvertiserId] = frozenset(),
    fault: str = "",
) -> Response[str]:
    """The accounts to choose from; with `fault`, once more. Raises OfferUsed when the choice has been made."""
    if offer.chosen is not None:
        raise OfferUsed
    connected = frozenset(view.connection.advertiser.id for view in list_connections(offer.owner))
    selectable = frozenset(a.id for a in offer.selectable) - connected
    return page(
        request,
        "select.html",
        HTTP_400_BAD_REQUEST if fault else HTTP_200_OK,
        offer=offer.id,
        here=f"{SELECT}?{urlencode({OFFER_FIELD: offer.id})}",
        open=len(selectable),
        choices=[choice_of(advertiser, connected) for advertiser in offer.selectable],
        closed=[choice_of(advertiser, connected) for advertiser in offer.unavailable],
        ticked=ticked & selectable,
        fault=fault,
        left=to_act(offer.expires_at, clock.now()),
    )


def named_offer(text: str) -> OfferId:
    """The offer that an address or a form names. Raises InvalidRequest without one, OfferNotFound for what is no UUID."""
    if not text:
        raise InvalidRequest("an offer has to be named")
    return offer_id(text)
