from domain.advertiser import Standing
from domain.grant import Grant
from domain.ids import ConnectionId, GrantId, OfferId
from domain.offer import Offer
from support.builders import ANNA, BERT, HOUR, MINUTE, SECOND, START, a_grant, accounts, an_advertiser, an_offer
from support.databases import Kept


def add(kept: Kept, *offers: Offer) -> None:
    with kept.store.write() as work:
        for offer in offers:
            work.offers.add(offer)
        work.commit()


def test_an_offer_comes_back_as_it_was_stored(kept: Kept) -> None:
    grant = a_grant()
    kept.add(grant)
    offer = an_offer(grant.id)
    offer.advertisers += tuple(an_advertiser(9, standing=s) for s in Standing)
    add(kept, offer)
    with kept.store.read() as work:
        assert work.offers.get(offer.id) == offer
        assert work.offers.of_grant(grant.id) == offer
        assert work.offers.get(OfferId("another")) is None
        assert work.offers.of_grant(GrantId("another")) is None


def test_what_became_of_an_offer_is_stored(kept: Kept) -> None:
    kept.add(a_grant())
    add(kept, an_offer(GrantId("grant-1")))
    with kept.store.write() as work:
        offer = work.offers.get(OfferId("offer-1"))
        assert offer is not None
        offer.choose(accounts(1, 2), START)
        offer.close()
        work.offers.save(offer)
        work.commit()
    with kept.store.read() as work:
        found = work.offers.get(offer.id)
        assert found == offer
        assert found is not None
        assert (found.chosen, found.closed) == (accounts(1, 2), True)


def test_a_grant_and_its_offer_may_be_stored_in_any_order(kept: Kept) -> None:
    with kept.store.write() as work:
        work.offers.add(an_offer(GrantId("grant-1")))
        work.grants.add(a_grant())
        work.commit()
    with kept.store.read() as work:
        assert work.offers.of_grant(GrantId("grant-1")) is not None


def ended(kept: Kept, *, limit: int = 10) -> list[str]:
    with kept.store.write() as work:
        return [offer.id for offer in work.offers.ended(START, limit=limit)]


def with_offer(kept: Kept, name: str, offer: Offer, *, connects: tuple[int, ...] = ()) -> Grant:
    grant = a_grant(name, connects=connects, owner=BERT if connects else ANNA)
    kept.add(grant)
    add(kept, offer)
    return grant


def test_offers_are_ended_when_they_are_over_while_their_grant_lives_unconnected(kept: Kept) -> None:
    missed, chosen, closed, opened, connected, erased, just_over = (
        an_offer(GrantId(name), name, at=START + minutes * MINUTE)
        for name, minutes in (
            ("missed", -30),
            ("chosen", -2),
            ("closed", -3),
            ("open", -1),
            ("connected", -40),
            ("erased", -50),
            ("just over", -10),
        )
    )
    chosen.choose(accounts(1), START)
    closed.close()
    for offer in missed, chosen, closed, opened, just_over:
        with_offer(kept, offer.id, offer)
    with_offer(kept, "connected", connected, connects=(1,))
    with_offer(kept, "erased", erased)
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("erased")])
        grant.revoke(START)
        work.grants.save(grant)
        work.commit()
    assert ended(kept) == ["missed", "just over", "closed", "chosen"]
    assert ended(kept, limit=2) == ["missed", "just over"]


def test_an_offer_whose_grant_lost_its_last_connection_is_ended(kept: Kept) -> None:
    with_offer(kept, "grant-1", an_offer(GrantId("grant-1"), at=START - HOUR), connects=(1,))
    assert ended(kept) == []
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        grant.release(ConnectionId("grant-1/1"))
        work.grants.save(grant)
        work.commit()
    assert ended(kept) == ["offer-1"]
    kept.clock.advance(SECOND)


def test_offers_are_forgotten_when_they_ended_long_ago_unless_their_grant_is_yet_to_be_cleared(kept: Kept) -> None:
    for number, name in enumerate(("old", "new", "loose"), start=1):
        at = START - HOUR if name != "new" else START
        with_offer(kept, name, an_offer(GrantId(name), name, at=at), connects=() if name == "loose" else (number,))
    with kept.store.write() as work:
        assert work.offers.forget(START) == 1
        work.commit()
    with kept.store.read() as work:
        assert [work.offers.get(OfferId(name)) is None for name in ("old", "new", "loose")] == [True, False, False]
