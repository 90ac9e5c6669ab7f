from dataclasses import replace
from datetime import timedelta

import pytest

from domain.advertiser import Standing
from domain.attempts_and_failures import Attempt
from domain.errors import Conflict, OfferExpired
from domain.events import AccountsConnected, GrantErased
from domain.grant import Grant
from domain.grant_health import Active, NeedsReauth, Revoked, Superseded
from domain.ids import AppId, AttemptId, ConnectionId, GrantId
from domain.outcomes import Failure, InDoubt, Misconfigured, NotPermitted, OurFault, Reason, Refused, Throttled, Unavailable
from domain.restored_grants import Restored
from domain.tokens import TokenOrigin, TokenTerm
from support.builders import (
    ANNA,
    BERT,
    DAY,
    HOUR,
    MINUTE,
    POLICY,
    START,
    a_grant,
    a_long_term_token,
    a_pair,
    account,
    accounts,
    an_advertiser,
    an_offer,
)
from support.databases import Kept

UNEVEN = timedelta(microseconds=1)


def refused_twice() -> Grant:
    grant = a_grant("refused")
    grant.fail(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103), POLICY, START + HOUR)
    grant.note_probe(Refused(Reason.ACCESS_TOKEN_REFUSED, 40105), POLICY, START + HOUR + UNEVEN)
    return grant


def claimed_in_doubt() -> Grant:
    grant = a_grant("claimed", connects=(1, 2), reaches=(3,))
    for name in "first", "second":
        grant.claim(Attempt(AttemptId(name), "a host", START + UNEVEN, START + MINUTE))
    return grant


def degraded(*, probed: bool) -> Grant:
    grant = a_grant("degraded")
    grant.fail(Refused(Reason.AUTHORISATION_WITHDRAWN, 40106), POLICY, START + HOUR)
    if probed:
        grant.note_probe(None, POLICY, START + HOUR)
    return grant


def erased(*, revoked: bool) -> Grant:
    grant = a_grant("erased")
    if revoked:
        grant.revoke(START + HOUR)
    else:
        grant.supersede(START + HOUR)
    return grant


@pytest.mark.parametrize(
    "grant",
    (
        a_grant(connects=(1, 2), reaches=(3, 4)),
        a_grant(reaches=()),
        replace(a_grant("short at v2.0"), origin=TokenOrigin("2.0", TokenTerm.SHORT)),
        replace(a_grant("long at v2.0", tokens=a_long_term_token()), origin=TokenOrigin("2.0", TokenTerm.LONG)),
        a_grant(tokens=a_long_term_token(), connects=(1,)),
        a_grant(tokens=replace(a_pair(at=START + UNEVEN, life=DAY + UNEVEN), assumed=True)),
        claimed_in_doubt(),
        degraded(probed=False),
        degraded(probed=True),
        refused_twice(),
        erased(revoked=True),
        erased(revoked=False),
    ),
    ids=lambda g: g.id,
)
def test_a_grant_comes_back_as_it_was_stored(kept: Kept, grant: Grant) -> None:
    grant = replace(grant, events=[], connections=dict(grant.connections))
    kept.add(grant)
    assert kept.grant(grant.id) == grant


@pytest.mark.parametrize(
    "failure",
    (
        Refused(Reason.REFRESH_TOKEN_REFUSED, 40107),
        InDoubt("the connection was reset"),
        Throttled(),
        Throttled(timedelta(seconds=1.5)),
        Unavailable("60001"),
        Misconfigured("secret"),
        OurFault(40002),
        NotPermitted(40001),
    ),
    ids=lambda f: type(f).__name__,
)
def test_every_kind_of_failure_comes_back_as_it_was_stored(kept: Kept, failure: Failure) -> None:
    grant = a_grant()
    grant.fail(failure, POLICY, START + HOUR, pause=MINUTE)
    kept.add(grant)
    assert kept.grant().schedule.last_failure == failure


def test_grants_come_in_the_order_of_their_ids_and_missing_ones_are_left_out(kept: Kept) -> None:
    kept.add(*(a_grant(name, reaches=()) for name in ("c", "a", "b")))
    with kept.store.write() as work:
        assert [g.id for g in work.grants.get(map(GrantId, ["c", "x", "a", "c"]))] == ["a", "c"]
        assert work.grants.get([]) == []


def test_what_a_reader_changes_stays_its_own(kept: Kept) -> None:
    kept.add(a_grant(connects=(1,)))
    with kept.store.read() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        grant.revoke(START)
        grant.release(ConnectionId("grant-1/1"))
    assert kept.grant().health == Active()
    assert kept.grant().connections


def test_a_saved_grant_is_stored_whole_with_its_events(kept: Kept) -> None:
    kept.add(a_grant(connects=(1, 2)))
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        released = grant.release(ConnectionId("grant-1/1"))
        kept_one = grant.connections[ConnectionId("grant-1/2")]
        grant.connections[kept_one.id] = replace(kept_one.refreshed(replace(an_advertiser(2), name="New name")), lost_at=START)
        added = grant.connect(ConnectionId("new"), an_advertiser(3, standing=Standing.UNREAD), START + HOUR)
        grant.reach = accounts(2, 3)
        work.grants.save(grant)
        assert grant.events == []
        work.commit()
    assert kept.grant() == grant
    assert released.id not in kept.grant().connections
    assert kept.facts()[-1] == AccountsConnected(grant.id, ANNA, (added.id,), at=START + HOUR)


def test_erasing_empties_the_tokens_and_says_so(kept: Kept) -> None:
    kept.add(a_grant(connects=(1,)))
    with kept.store.write() as work:
        grant = work.grants.of_connection(ConnectionId("grant-1/1"))
        assert grant is not None
        grant.release(ConnectionId("grant-1/1"))
        grant.revoke(START + HOUR)
        work.grants.save(grant)
        work.commit()
    found = kept.grant()
    assert (found.tokens, found.fingerprint, found.generation, found.health) == (None, "", 2, Revoked())
    assert found.reach == accounts(1)
    assert kept.facts()[-1] == GrantErased(grant.id, ANNA, revoked=True, at=START + HOUR)


@pytest.mark.parametrize("new_one_first", (True, False))
def test_a_connection_moves_to_a_newer_grant_under_its_id(kept: Kept, *, new_one_first: bool) -> None:
    kept.add(a_grant("old", connects=(1,)))
    newer = a_grant("new", reaches=(1,))
    with kept.store.write() as work:
        [old] = work.grants.connecting(ANNA, [account(1)])
        moved = old.release(ConnectionId("old/1"))
        old.supersede(START + HOUR)
        newer.adopt(moved, START + HOUR)
        if new_one_first:
            work.grants.add(newer)
            work.grants.save(old)
        else:
            work.grants.save(old)
            work.grants.add(newer)
        work.commit()
    assert kept.grant("old").connections == {}
    assert kept.grant("old").health == Superseded()
    assert kept.grant("new").connections == {moved.id: moved.reconnected()}
    with kept.store.read() as work:
        found = work.grants.of_connection(moved.id)
        assert found is not None
        assert found.id == "new"


@pytest.mark.parametrize("new_one_first", (True, False))
def test_a_connection_moves_between_two_stored_grants(kept: Kept, *, new_one_first: bool) -> None:
    kept.add(a_grant("old", connects=(1, 2)), a_grant("new", reaches=(1,)))
    with kept.store.write() as work:
        new, old = work.grants.get([GrantId("new"), GrantId("old")])
        moved = old.release(ConnectionId("old/1"))
        new.adopt(moved, START + HOUR)
        for grant in [new, old] if new_one_first else [old, new]:
            work.grants.save(grant)
        work.commit()
    assert kept.grant("old").connections.keys() == {"old/2"}
    assert kept.grant("new").connections.keys() == {"old/1"}


def test_an_account_connected_twice_by_its_owner_is_a_conflict(kept: Kept) -> None:
    kept.add(a_grant("one", connects=(1,)))
    with pytest.raises(Conflict):
        kept.add(a_grant("two", connects=(1,)))
    kept.add(a_grant("bert's", owner=BERT, connects=(1,)))
    with kept.store.read() as work:
        assert work.grants.get([GrantId("two")]) == []


def test_a_grant_is_found_by_what_it_connects(kept: Kept) -> None:
    kept.add(
        a_grant("b", connects=(1, 2)),
        a_grant("a", connects=(3,), reaches=(1,)),
        a_grant("bert's", owner=BERT, connects=(1,)),
        a_grant("loose", reaches=(1, 9)),
    )
    with kept.store.read() as work:
        grants = work.grants
        assert [g.id for g in grants.of_owner(ANNA)] == ["a", "b"]
        assert [g.id for g in grants.connecting(ANNA, map(account, [2, 3, 9]))] == ["a", "b"]
        assert [g.id for g in grants.connecting(ANNA, [account(1)])] == ["b"]
        assert grants.connecting(ANNA, []) == []
        [bert_s] = grants.of_owner(BERT)
        assert bert_s == grants.of_account(BERT, account(1))
        assert bert_s == grants.of_connection(ConnectionId("bert's/1"))
        assert grants.of_account(BERT, account(2)) is None
        assert grants.of_connection(ConnectionId("nobody's")) is None
        assert set(grants.of_owner(ANNA)[1].connections) == {"b/1", "b/2"}


def shared(kept: Kept, *, besides: str = "none", fingerprint: str = "print of grant-1", reach: tuple[int, ...] = ()) -> bool:
    with kept.store.write() as work:
        return work.grants.another_live_grant_shares(fingerprint, accounts(*reach), besides=GrantId(besides), now=START)


def test_a_token_is_shared_with_whoever_holds_it_or_reaches_one_of_its_accounts(kept: Kept) -> None:
    kept.add(a_grant(owner=BERT, connects=(1,), reaches=(2,)))
    assert shared(kept)
    assert shared(kept, fingerprint="another", reach=(2, 7))
    assert not shared(kept, fingerprint="another", reach=(7,))
    assert not shared(kept, fingerprint="another")
    assert not shared(kept, besides="grant-1", reach=(1, 2))


def test_a_token_is_not_shared_with_what_is_erased_or_awaits_nothing(kept: Kept) -> None:
    over, chosen, erased_one = a_grant("over"), a_grant("chosen"), a_grant("erased")
    erased_one.revoke(START)
    missed = an_offer(over.id, "missed", at=START - HOUR)
    made = an_offer(chosen.id, "made")
    made.choose(accounts(1), START)
    kept.add(a_grant("nothing at all"), over, chosen, erased_one)
    with kept.store.write() as work:
        for offer in missed, made, an_offer(erased_one.id, "of the erased"):
            work.offers.add(offer)
        work.commit()
    assert not shared(kept, reach=(1,))
    assert not shared(kept, fingerprint="print of over")
    assert not shared(kept, fingerprint="")


def test_a_token_is_not_shared_with_a_grant_that_gave_its_own_up(kept: Kept) -> None:
    lapsed = a_grant(connects=(1,))
    lapsed.lapse(Reason.REFRESH_TOKEN_EXPIRED, START - DAY)
    kept.add(lapsed)
    assert shared(kept, reach=(1,))
    with kept.store.write() as work:
        [grant] = work.grants.get([lapsed.id])
        grant.give_up(START)
        work.grants.save(grant)
        work.commit()
    assert not shared(kept, reach=(1,))


def test_an_open_offer_keeps_its_token_shared(kept: Kept) -> None:
    kept.add(a_grant())
    with kept.store.write() as work:
        work.offers.add(an_offer(GrantId("grant-1")))
        work.commit()
    assert shared(kept)
    assert shared(kept, fingerprint="another", reach=(1,))


def test_grants_of_other_apps_and_in_need_of_reauthorisation_are_live(kept: Kept) -> None:
    waiting = a_grant(app=AppId("another"), connects=(1,))
    waiting.lapse(Reason.REFRESH_TOKEN_EXPIRED, START)
    assert isinstance(waiting.health, NeedsReauth)
    kept.add(waiting)
    assert shared(kept)


def test_nothing_is_stored_without_a_commit(kept: Kept) -> None:
    kept.add(a_grant(connects=(1,)))
    before = kept.facts()
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        grant.release(ConnectionId("grant-1/1"))
        grant.revoke(START)
        work.grants.save(grant)
        work.grants.add(a_grant("grant-2"))
    with kept.store.read() as work:
        assert [g.id for g in work.grants.get(map(GrantId, ["grant-1", "grant-2"]))] == ["grant-1"]
    assert kept.grant().health == Active()
    assert kept.facts() == before


def test_an_error_inside_undoes_it_all(kept: Kept) -> None:
    def fail() -> None:
        with kept.store.write() as work:
            work.grants.add(a_grant())
            raise OfferExpired

    with pytest.raises(OfferExpired):
        fail()
    with kept.store.read() as work:
        assert work.grants.get([GrantId("grant-1")]) == []


def test_a_unit_for_reading_cannot_be_committed(kept: Kept) -> None:
    with kept.store.read() as work, pytest.raises(RuntimeError):
        work.commit()


def test_a_unit_sees_what_it_stored_itself(kept: Kept) -> None:
    with kept.store.write() as work:
        work.grants.add(a_grant(connects=(1,)))
        found = work.grants.of_account(ANNA, account(1))
        assert found is not None
        found.revoke(START)
        work.grants.save(found)
        again = work.grants.of_account(ANNA, account(1))
        assert again is not None
        assert again.erased


def renamed_connection() -> Grant:
    grant = a_grant("renamed", connects=(1, 2))
    first = grant.release(ConnectionId("renamed/1"))
    grant.adopt(replace(first, id=ConnectionId("0190-7-new"), former_id=first.id), START)
    return grant


@pytest.mark.parametrize("name", ["0190-7-new", "renamed/1"])
def test_a_connection_answers_to_its_id_and_to_the_one_it_had_before(kept: Kept, name: str) -> None:
    with kept.store.write() as work:
        work.grants.add(renamed_connection())
        work.commit()
    with kept.store.read() as work:
        grant = work.grants.of_connection(ConnectionId(name))
    assert grant is not None
    assert grant.connection(ConnectionId(name)).id == "0190-7-new"


def test_a_disconnected_connection_answers_to_neither_id(kept: Kept) -> None:
    with kept.store.write() as work:
        work.grants.add(renamed_connection())
        work.commit()
    with kept.store.write() as work:
        for grant in work.grants.get([GrantId("renamed")]):
            assert grant.release(ConnectionId("renamed/1")).id == "0190-7-new"
            work.grants.save(grant)
        work.commit()
    with kept.store.read() as work:
        assert [work.grants.of_connection(ConnectionId(name)) for name in ("0190-7-new", "renamed/1")] == [None, None]


def test_all_grants_that_are_not_erased_come_by_their_ids_page_by_page(kept: Kept) -> None:
    erased, asked = a_grant("b"), a_grant("d")
    erased.revoke(START)
    asked.disown(START)
    kept.add(a_grant("c", connects=(3,)), a_grant("a"), erased, asked)
    with kept.store.read() as work:
        assert work.grants.page(after=None, limit=2) == ["a", "c"]
        assert work.grants.page(after=GrantId("c"), limit=2) == ["d"]
        assert work.grants.page(after=GrantId("d"), limit=2) == []


@pytest.mark.parametrize("restored", Restored)
def test_how_far_a_restored_grant_has_shown_itself_comes_back(kept: Kept, restored: Restored) -> None:
    kept.add(a_grant())
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        assert grant.distrust(START + HOUR)
        grant.schedule = replace(grant.schedule, restored=restored)
        work.grants.save(grant)
        work.commit()
    assert kept.grant().schedule.restored is restored
    assert kept.grant().schedule.due_at == START + HOUR


def test_a_disowned_grant_has_no_tokens_and_its_connections_stay(kept: Kept) -> None:
    kept.add(a_grant(connects=(1,)))
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        assert grant.disown(START + HOUR)
        work.grants.save(grant)
        work.commit()
    stored = kept.grant()
    assert (stored.tokens, stored.fingerprint, stored.generation) == (None, "", 2)
    assert stored.health == NeedsReauth(Reason.COPIED_DATABASE, since=START + HOUR)
    assert stored.connections


def test_the_living_grants_of_an_owner_are_those_that_are_not_erased(kept: Kept) -> None:
    erased = a_grant("erased")
    erased.revoke(START)
    kept.add(a_grant("unconnected"), a_grant("connected", connects=(1,)), erased, a_grant("another", owner=BERT))
    with kept.store.write() as work:
        assert {g.id for g in work.grants.living_of(ANNA)} == {"unconnected", "connected"}
