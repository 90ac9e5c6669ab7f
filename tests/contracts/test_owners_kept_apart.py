"""What is looked for under an owner's name is found among the owner's alone, and changes nobody else's."""

from dataclasses import replace

from application.ports.spend_store import SpendAccount
from domain.consent import Connected
from domain.ids import ConnectionId, GrantId, OfferId
from support.builders import ANNA, BERT, START, a_consent, a_grant, account, an_offer
from support.databases import Kept

BERTS_GRANT, BERTS_CONNECTION, BERTS_OFFER = GrantId("bert's"), ConnectionId("bert's/1"), OfferId("offer-1")


def berts(kept: Kept) -> None:
    """A grant with a connection, its offer, and a consent: all Bert's."""
    kept.add(a_grant("anna's", connects=(1,)), a_grant(BERTS_GRANT, owner=BERT, connects=(1,)))
    with kept.store.write() as work:
        work.offers.add(replace(an_offer(BERTS_GRANT), owner=BERT))
        work.consents.add(a_consent(owner=BERT))
        work.commit()


def test_a_grant_is_found_by_its_id_for_its_owner_alone(kept: Kept) -> None:
    berts(kept)
    with kept.store.write() as work:
        both = [BERTS_GRANT, GrantId("anna's")]
        assert [g.id for g in work.grants.get(both, owner=ANNA)] == ["anna's"]
        assert [g.id for g in work.grants.get(both, owner=BERT)] == [BERTS_GRANT]


def test_a_grant_is_found_by_a_connection_for_its_owner_alone(kept: Kept) -> None:
    berts(kept)
    with kept.store.write() as work:
        assert work.grants.of_connection(BERTS_CONNECTION, owner=ANNA) is None
        found = work.grants.of_connection(BERTS_CONNECTION, owner=BERT)
        assert found is not None
        assert found.id == BERTS_GRANT


def test_a_connection_that_was_put_under_anothers_grant_is_not_found_for_its_former_owner(kept: Kept) -> None:
    """It is the grant's owner that counts: a row that somebody moved reaches nothing of the other."""
    berts(kept)
    with kept.store.write() as work:
        hers, his = work.grants.get([GrantId("anna's"), BERTS_GRANT])
        stray = replace(hers.release(ConnectionId("anna's/1")), advertiser=replace(his.connection(BERTS_CONNECTION).advertiser))
        his.release(BERTS_CONNECTION)
        his.connections[stray.id] = stray
        work.grants.save(hers)
        work.grants.save(his)
        work.commit()
    with kept.store.read() as work:
        assert work.grants.of_connection(stray.id, owner=ANNA) is None


def test_an_offer_is_found_for_its_owner_alone(kept: Kept) -> None:
    berts(kept)
    with kept.store.write() as work:
        assert work.offers.get(BERTS_OFFER, owner=ANNA) is None
        assert work.offers.of_grant(BERTS_GRANT, owner=ANNA) is None
        assert work.offers.get(BERTS_OFFER, owner=BERT) == work.offers.of_grant(BERTS_GRANT, owner=BERT) is not None


def test_a_state_is_found_and_used_up_by_its_owner_alone(kept: Kept) -> None:
    berts(kept)
    state = a_consent().state_digest
    with kept.store.write() as work:
        assert work.consents.get(state, owner=ANNA) is None
        assert work.consents.consume(state, START, owner=ANNA) is None
        work.commit()
    with kept.store.write() as work:
        assert work.consents.consume(state, START, owner=BERT) is not None
        work.commit()


def test_nobody_ends_or_gives_back_the_consent_of_another(kept: Kept) -> None:
    berts(kept)
    state = a_consent().state_digest
    with kept.store.write() as work:
        taken = work.consents.consume(state, START, owner=BERT)
        work.consents.give_back(state, owner=ANNA)
        work.consents.end(state, Connected(), owner=ANNA)
        assert work.consents.get(state, owner=BERT) == taken
        work.consents.end(state, Connected(), owner=BERT)
        assert work.consents.get(state, owner=BERT) != taken


def test_imports_are_told_of_one_owner_or_of_all(kept: Kept) -> None:

    hers, his = SpendAccount(ANNA, account(1)), SpendAccount(BERT, account(1))
    kept.spend.follow([hers, his])
    assert [one.of for one in kept.spend.imports(ANNA)] == [hers]
    assert [one.of for one in kept.spend.imports()] == [hers, his]
