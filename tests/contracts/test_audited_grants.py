from datetime import datetime

import pytest

from domain.grant import Grant
from domain.grant_health import Revoked
from domain.ids import NOBODY, AppId, GrantId
from domain.outcomes import Reason
from domain.tokens import Expiring
from support.builders import ANNA, APP, DAY, HOUR, START, a_grant, a_long_term_token, a_pair, accounts, an_advertiser
from support.databases import Kept


def unread(kept: Kept, before: datetime, *, limit: int = 10) -> list[str]:
    with kept.store.read() as work:
        return list(work.grants.unread_since(APP, before, limit=limit))


def ending(kept: Kept, until: datetime, *, after: str | None = None, limit: int = 10) -> list[str]:
    with kept.store.read() as work:
        return list(work.grants.ending(APP, until, after=GrantId(after) if after else None, limit=limit))


def created(name: str, days: int, *, connected: bool = True, app: AppId = APP) -> Grant:
    """A connected grant whose consent was so many days before START."""
    number = sum(name.encode())
    return a_grant(name, app=app, tokens=a_pair(name, at=START - days * DAY), connects=(number,) if connected else ())


def add_the_dead(kept: Kept) -> None:
    """Grants that no audit looks at."""
    revoked, lapsed = created("revoked", 400), created("lapsed", 400)
    revoked.revoke(START)
    lapsed.lapse(Reason.REFRESH_TOKEN_EXPIRED, START)
    kept.add(revoked, lapsed, created("unconnected", 400, connected=False))


def test_a_reach_that_was_read_is_kept_with_its_time(kept: Kept) -> None:
    kept.add(created("grant-1", 8))
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        grant.look_again({a.id: a for a in map(an_advertiser, (2, 3))}, START, lost=grant.reach)
        work.grants.save(grant)
        work.commit()
    assert kept.grant() == grant
    assert kept.grant().reach == accounts(2, 3)


@pytest.mark.parametrize("lost", [False, True])
def test_an_account_that_is_missed_and_not_yet_lost_is_looked_for_again_soon(kept: Kept, *, lost: bool) -> None:
    kept.add(created("grant-1", 8))
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        grant.look_again({}, START, lost=grant.reach if lost else ())
        work.grants.save(grant)
        work.commit()
    assert kept.grant().reach_read_at == (START if lost else None)


def test_grants_whose_reach_was_not_read_for_long_come_longest_ago_first(kept: Kept) -> None:
    read, other = created("read lately", 30), created("of another", 30, app=AppId("another"))
    read.reach_read_at = START - HOUR
    kept.add(created("9 days", 9), created("20 days", 20), created("8 days", 8), created("new", 1), read, other)
    add_the_dead(kept)
    assert unread(kept, START - 8 * DAY)[-3:] == ["20 days", "9 days", "8 days"]
    assert unread(kept, START - 8 * DAY, limit=1) == ["20 days"]
    assert unread(kept, START - HOUR)[-1] == "read lately"


def test_grants_whose_refresh_token_ends_come_by_their_ids(kept: Kept) -> None:
    forever = a_grant("forever", tokens=a_long_term_token(), connects=(1,))
    kept.add(created("c", 360), created("a", 365), created("b", 350), created("d", 10), forever)
    kept.add(created("of another", 365, app=AppId("another")))
    add_the_dead(kept)
    assert isinstance(kept.grant("b").tokens, Expiring)
    assert ending(kept, START + 15 * DAY) == ["a", "b", "c"]
    assert ending(kept, START + 15 * DAY, limit=2) == ["a", "b"]
    assert ending(kept, START + 15 * DAY, after="a") == ["b", "c"]
    assert ending(kept, START + 14 * DAY) == ["a", "c"]
    assert ending(kept, START - DAY) == []


def hopeless(kept: Kept, before: datetime, *, limit: int = 10) -> list[str]:
    with kept.store.read() as work:
        return list(work.grants.hopeless(before, limit=limit))


def test_grants_that_nobody_authorised_again_come_until_they_gave_up_their_tokens(kept: Kept) -> None:
    for name, days in (("b", 40), ("a", 31), ("c", 30)):
        lapsed = created(name, 400)
        lapsed.lapse(Reason.REFRESH_TOKEN_EXPIRED, START - days * DAY)
        kept.add(lapsed)
    kept.add(created("well", 400))
    assert hopeless(kept, START - 30 * DAY) == ["b", "a"]
    assert hopeless(kept, START - 30 * DAY, limit=1) == ["b"]
    with kept.store.write() as work:
        for grant in work.grants.get([GrantId("a"), GrantId("c"), GrantId("well")]):
            grant.give_up(START - 30 * DAY)
            work.grants.save(grant)
        work.commit()
    assert [kept.grant(name).tokens is None for name in ("a", "c", "well")] == [True, False, False]
    assert kept.grant("a").generation == 1
    assert hopeless(kept, START - 30 * DAY) == ["b"]


def test_what_is_kept_of_erased_grants_is_cut_down_to_what_a_late_answer_needs(kept: Kept) -> None:
    kept.add(a_grant("grant-1", reaches=(1, 2)), a_grant("grant-2", reaches=(3,)), a_grant("grant-3", reaches=(4,)))
    with kept.store.write() as work:
        revoked, superseded = work.grants.get([GrantId("grant-1"), GrantId("grant-2")])
        revoked.revoke(START)
        superseded.supersede(START + DAY)
        for erased in revoked, superseded:
            work.notices.first(erased.id, "60 days")
            work.grants.save(erased)
        work.commit()
    assert (kept.grant("grant-1").reach, kept.grant("grant-2").reach) == (accounts(1, 2), frozenset())
    with kept.store.write() as work:
        assert work.grants.cut_down(START, limit=9) == 0
        assert work.grants.cut_down(START + 2 * DAY, limit=1) == 1
        assert work.grants.cut_down(START + 2 * DAY, limit=9) == 1
        assert work.grants.cut_down(START + 9 * DAY, limit=9) == 0
        work.commit()
    cut = kept.grant("grant-1")
    assert (cut.reach, cut.generation, type(cut.health), cut.tokens) == (frozenset(), 2, Revoked, None)
    assert (cut.owner, kept.grant("grant-3").owner) == (NOBODY, ANNA)
    assert kept.grant("grant-3").reach == accounts(4)
    with kept.store.write() as work:
        assert work.notices.first(GrantId("grant-1"), "60 days")


def test_grants_that_are_said_to_live_for_years_are_asleep_until_they_are_woken(kept: Kept) -> None:
    for_years = [a_grant(name, tokens=a_pair(name, life=20_000 * DAY), connects=(number,)) for number, name in enumerate("ab")]
    kept.add(*for_years, a_grant("c", connects=(7,)), a_grant("d", app=AppId("other"), tokens=a_pair("d", life=20_000 * DAY)))
    kept.add(a_grant("e", tokens=a_long_term_token("e"), connects=(8,)))
    with kept.store.write() as work:
        assert work.grants.asleep(APP, START + 7 * DAY, limit=1) == ["a"]
        for grant in work.grants.get(work.grants.asleep(APP, START + 7 * DAY, limit=10)):
            grant.wake(START)
            work.grants.save(grant)
        work.commit()
    with kept.store.read() as work:
        assert work.grants.asleep(APP, START + 7 * DAY, limit=10) == []
    assert {claim.grant.id for claim in kept.take_due()} == {"a", "b"}
