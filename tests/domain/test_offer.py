from __future__ import annotations

from datetime import timedelta

import pytest

from domain.advertiser import Advertiser, Standing
from domain.errors import AccountNotOnOffer, OfferExpired, OfferUsed
from domain.ids import AdvertiserId, GrantId, OfferId, OwnerId
from domain.offer import OFFER_LIFE, Offer
from support.builders import START

OPEN = Advertiser(AdvertiserId("1"), "Open", standing=Standing.OPEN)
UNREAD = Advertiser(AdvertiserId("2"), "Unread", standing=Standing.UNREAD)
CLOSED = Advertiser(AdvertiserId("3"), "Closed", standing=Standing.CLOSED)


def an_offer() -> Offer:
    return Offer(OfferId("o"), OwnerId("anna"), GrantId("g"), START + OFFER_LIFE, (OPEN, UNREAD, CLOSED))


def ids(*advertisers: Advertiser) -> frozenset[AdvertiserId]:
    return frozenset(a.id for a in advertisers)


def test_open_accounts_and_those_of_unknown_status_can_be_chosen() -> None:
    assert (an_offer().selectable, an_offer().unavailable) == ((OPEN, UNREAD), (CLOSED,))


def test_the_same_choice_again_is_no_error_and_another_is() -> None:
    offer = an_offer()
    assert offer.choose(ids(UNREAD, OPEN), START) == (OPEN, UNREAD)
    assert offer.choose(ids(OPEN, UNREAD), START) == (OPEN, UNREAD)
    with pytest.raises(OfferUsed):
        offer.choose(ids(OPEN), START)


def test_what_is_closed_or_unheard_of_cannot_be_chosen_and_nothing_is() -> None:
    offer = an_offer()
    with pytest.raises(AccountNotOnOffer) as refused:
        offer.choose(ids(OPEN, CLOSED) | {AdvertiserId("9")}, START)
    assert refused.value.advertisers == ("3", "9")
    assert offer.chosen is None


@pytest.mark.parametrize("closed", [True, False])
def test_an_offer_ends_after_ten_minutes_or_when_cancelled(closed: bool) -> None:
    offer = an_offer()
    if closed:
        offer.close()
    now = START if closed else START + timedelta(minutes=10)
    assert not offer.open(now)
    with pytest.raises(OfferExpired):
        offer.choose(ids(OPEN), now)
