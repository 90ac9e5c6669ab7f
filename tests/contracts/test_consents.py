from dataclasses import replace
from datetime import datetime

import pytest

from domain.consent import CONSENT_LIFE, Choosing, Connected, Consent, ConsentFailure, Ending, Failed
from domain.ids import ConnectionId, OfferId
from support.builders import ANNA, BERT, HOUR, MINUTE, SECOND, START, a_consent
from support.databases import Kept


def add(kept: Kept, *consents: Consent) -> None:
    with kept.store.write() as work:
        for consent in consents:
            work.consents.add(consent)
        work.commit()


def consume(kept: Kept, digest: str = "digest-1", *, now: datetime = START) -> Consent | None:
    with kept.store.write() as work:
        consent = work.consents.consume(digest, now)
        work.commit()
        return consent


def found(kept: Kept, digest: str = "digest-1") -> Consent | None:
    with kept.store.read() as work:
        return work.consents.get(digest)


def test_a_consent_comes_back_as_it_was_stored(kept: Kept) -> None:
    guarded = replace(a_consent("guarded", owner=BERT), reconnects=ConnectionId("a connection"))
    add(kept, a_consent(), guarded)
    assert found(kept) == a_consent()
    assert found(kept, "guarded") == guarded
    assert found(kept, "unknown") is None


def test_a_state_is_consumed_exactly_once(kept: Kept) -> None:
    add(kept, a_consent(), a_consent("another"))
    taken = replace(a_consent(), consumed_at=START + SECOND)
    assert consume(kept, now=START + SECOND) == taken
    assert consume(kept, now=START + SECOND) is None
    assert found(kept) == taken
    assert found(kept, "another") == a_consent("another")


def test_a_state_that_is_expired_or_unknown_is_not_consumed(kept: Kept) -> None:
    add(kept, a_consent())
    assert consume(kept, now=START + CONSENT_LIFE) is None
    assert consume(kept, "unknown") is None
    assert found(kept) == a_consent()
    assert consume(kept, now=START + CONSENT_LIFE - SECOND) is not None


def test_a_consumption_that_is_not_committed_did_not_happen(kept: Kept) -> None:
    add(kept, a_consent())
    with kept.store.write() as work:
        assert work.consents.consume("digest-1", START) is not None
    assert consume(kept) is not None


@pytest.mark.parametrize("ending", (Connected(), Choosing(OfferId("offer-1")), *map(Failed, ConsentFailure)), ids=repr)
def test_how_it_ended_is_kept_for_repeats(kept: Kept, ending: Ending) -> None:
    add(kept, a_consent())
    consume(kept)
    with kept.store.write() as work:
        work.consents.end("digest-1", ending)
        work.commit()
    assert found(kept) == replace(a_consent(), consumed_at=START, ending=ending)


def test_old_consents_are_forgotten(kept: Kept) -> None:
    add(kept, a_consent("old", at=START - MINUTE), a_consent("older", at=START - 2 * MINUTE), a_consent())
    with kept.store.write() as work:
        assert work.consents.forget(START + CONSENT_LIFE) == 2
        work.commit()
    assert found(kept, "old") is None
    assert found(kept) is not None


def exchanging(kept: Kept, *, since: datetime = START, until: datetime = START + HOUR) -> bool:
    with kept.store.read() as work:
        return work.consents.exchanging(since, until)


def test_a_consent_is_exchanging_from_its_use_until_it_ends_or_is_given_up(kept: Kept) -> None:
    add(kept, a_consent())
    assert not exchanging(kept)
    consume(kept)
    assert exchanging(kept)
    assert exchanging(kept, until=START)
    assert not exchanging(kept, since=START + SECOND)
    assert not exchanging(kept, since=START - HOUR, until=START - SECOND)
    with kept.store.write() as work:
        work.consents.end("digest-1", Connected())
        work.commit()
    assert not exchanging(kept)


def test_the_consents_of_an_owner_are_forgotten_used_or_not(kept: Kept) -> None:
    with kept.store.write() as work:
        for consent in (a_consent(), a_consent("digest-2"), a_consent("digest-3", owner=BERT)):
            work.consents.add(consent)
        work.consents.consume("digest-2", START)
        assert work.consents.forget_of(ANNA) == 2
        work.consents.end("digest-2", Connected())
        work.commit()
    with kept.store.read() as work:
        assert [work.consents.get(f"digest-{n}") is None for n in (1, 2, 3)] == [True, True, False]


def give_back(kept: Kept, digest: str = "digest-1") -> None:
    with kept.store.write() as work:
        work.consents.give_back(digest)
        work.commit()


def test_a_state_whose_code_was_not_sent_can_be_used_again(kept: Kept) -> None:
    add(kept, a_consent())
    consume(kept)
    give_back(kept)
    assert found(kept) == a_consent()
    assert not exchanging(kept)
    assert consume(kept, now=START + SECOND) is not None
    assert consume(kept) is None


def test_a_state_that_has_ended_or_is_unknown_is_not_given_back(kept: Kept) -> None:
    add(kept, a_consent())
    consume(kept)
    with kept.store.write() as work:
        work.consents.end("digest-1", Connected())
        work.commit()
    give_back(kept)
    give_back(kept, "unknown")
    assert consume(kept) is None
    assert found(kept) == replace(a_consent(), consumed_at=START, ending=Connected())


def test_the_newest_unused_consents_of_an_owner_are_kept(kept: Kept) -> None:
    add(kept, *(a_consent(f"digest-{n}", at=START + n * SECOND) for n in (3, 1, 5, 2, 4)), a_consent("bert", owner=BERT))
    consume(kept, "digest-1")
    for dropped in (2, 0):
        with kept.store.write() as work:
            assert work.consents.keep_newest(ANNA, 2) == dropped
            work.commit()
    there = [found(kept, digest) is not None for digest in ("bert", *(f"digest-{n}" for n in range(1, 6)))]
    assert there == [True, True, False, False, True, True]
