from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from application.ports.claims_and_settlements import Claim, Due, Settlement, TokenModel
from domain.events import GrantDegraded, ReauthorisationRequired, TokensRotated
from domain.grant import Grant
from domain.grant_health import Active, Degraded, NeedsReauth, Revoked, Superseded
from domain.ids import AppId, ConnectionId, GrantId, OwnerId
from domain.outcomes import InDoubt, Reason, Refused, Unavailable
from domain.refusal_repeats import HASTENED_AT_ONCE
from domain.rotation_decision import is_probed_first
from support.builders import APP, DAY, HOUR, MINUTE, POLICY, SECOND, START, a_due_grant, a_grant, a_long_term_token, a_pair
from support.databases import Kept
from support.world import ANNA, BERT

LEASE = MINUTE / 2
NO = Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)


def rotated(claim: Claim, name: str = "fresh") -> Grant:
    """The claimed grant with the answer that its holder got."""
    grant = claim.grant
    fresh = a_pair(name, at=START + HOUR)
    grant.rotate(fresh, f"print of {name}", from_generation=claim.generation, policy=POLICY, now=START + HOUR)
    return grant


def ids(claims: list[Claim]) -> list[str]:
    return [claim.grant.id for claim in claims]


def erase(kept: Kept, *, revoked: bool) -> None:
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        if revoked:
            grant.revoke(START)
        else:
            grant.supersede(START)
        work.grants.save(grant)
        work.commit()


def test_the_most_urgent_grants_are_claimed_first(kept: Kept) -> None:
    kept.add(*(a_due_grant(f"ends in {h} h", ends=START + h * HOUR) for h in (3, 1, 5, 2, 4)))
    assert ids(kept.take_due(limit=2)) == ["ends in 1 h", "ends in 2 h"]
    assert ids(kept.take_due(limit=2)) == ["ends in 3 h", "ends in 4 h"]
    assert ids(kept.take_due(limit=2)) == ["ends in 5 h"]
    assert kept.take_due(limit=2) == []


def test_a_claim_is_in_the_row_by_the_store_s_clock(kept: Kept) -> None:
    kept.add(a_due_grant())
    [claim] = kept.take_due()
    attempt = kept.grant().schedule.attempt
    assert attempt is not None
    assert attempt == claim.grant.schedule.attempt
    assert (attempt.id, attempt.host) == (claim.attempt, "here")
    assert (attempt.started_at, attempt.lease_until) == (START, START + LEASE)
    assert claim.before.attempt is None


def test_a_claimed_grant_has_all_that_a_renewal_looks_at(kept: Kept) -> None:
    grant = a_grant(tokens=a_pair(at=START - DAY), connects=(1,), reaches=(2,))
    kept.add(grant)
    [claim] = kept.take_due()
    grant.connections = claim.grant.connections
    grant.schedule = replace(grant.schedule, attempt=claim.grant.schedule.attempt)
    assert claim.grant == grant
    assert kept.take("grant-1") is None
    kept.clock.advance(LEASE)
    again = kept.take("grant-1")
    assert again is not None
    assert again.grant.reach == grant.reach


def test_grants_are_due_from_their_time_on_and_of_this_app_alone(kept: Kept) -> None:
    kept.add(a_grant(), a_due_grant("of another app", app=AppId("another")))
    due_at = kept.grant().schedule.due_at
    assert due_at is not None
    kept.clock.advance(due_at - START - timedelta(microseconds=1))
    assert kept.take_due() == []
    kept.clock.advance(timedelta(microseconds=1))
    assert ids(kept.take_due()) == ["grant-1"]


def test_only_active_and_degraded_grants_are_due(kept: Kept) -> None:
    grants = {word: a_due_grant(word) for word in ("active", "degraded", "needs_reauth", "revoked", "superseded")}
    grants["degraded"].fail(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103), POLICY, START)
    grants["needs_reauth"].lapse(Reason.REFRESH_TOKEN_EXPIRED, START)
    grants["revoked"].revoke(START)
    grants["superseded"].supersede(START)
    kept.add(*grants.values())
    for due in Due(), Due(everything=True):
        assert kept.claims.count_due(APP, due) == 2
    claims = kept.take_due(due=Due(everything=True))
    assert sorted(ids(claims)) == ["active", "degraded"]
    assert {type(c.grant.health) for c in claims} == {Active, Degraded}


def test_long_term_tokens_are_claimed_apart_by_their_due_time(kept: Kept) -> None:
    kept.add(
        a_due_grant(),
        *(a_grant(f"{days} days old", tokens=a_long_term_token(at=START - days * DAY)) for days in (1, 3, 2)),
        a_grant("probed now", tokens=a_long_term_token()),
    )
    assert ids(kept.take_due(due=Due(TokenModel.LONG_TERM))) == ["3 days old", "2 days old", "1 days old"]
    assert ids(kept.take_due()) == ["grant-1"]


def test_grants_near_their_last_hour_count_as_due_where_that_is_asked(kept: Kept) -> None:
    late = replace(POLICY, rotate_at=0.995, spread=0)  # so that the due time comes after the last hour's beginning

    def ending(hours: float, name: str) -> Grant:
        return a_grant(name, tokens=a_pair(name, at=START + hours * HOUR - DAY), policy=late)

    failing, troubled = ending(2, "failing"), ending(2, "degraded")
    failing.fail(Unavailable("60001"), POLICY, START - HOUR, pause=9 * HOUR)
    troubled.fail(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103), POLICY, START)
    troubled.note_probe(None, POLICY, START)
    kept.add(ending(2, "soon"), ending(3, "later"), failing, troubled)
    assert kept.take_due() == []
    assert kept.claims.count_due(APP, Due(urgent_within=HOUR)) == 1
    assert ids(kept.take_due(due=Due(urgent_within=HOUR))) == ["soon"]
    assert kept.claims.count_due(APP, Due(urgent_within=2 * HOUR)) == 2
    assert ids(kept.take_due(due=Due(urgent_within=2 * HOUR))) == ["later"]


def test_everything_is_claimed_but_what_was_settled_since(kept: Kept) -> None:
    kept.add(a_grant("never settled"), a_grant("settled"), a_due_grant("due"))
    for name in "settled", "due":
        claim = kept.take(name)
        assert claim is not None
        claim.grant.fail(Unavailable("60001"), POLICY, START + MINUTE)
        assert kept.claims.settle(claim.grant, claim) is Settlement.STORED
    due = Due(everything=True, since=START + MINUTE)
    assert kept.claims.count_due(APP, due) == 1
    assert kept.claims.count_due(APP, Due(everything=True)) == 3
    assert kept.claims.count_due(APP, replace(due, since=START + 2 * MINUTE)) == 3
    assert ids(kept.take_due(due=due)) == ["never settled"]


def test_a_claim_that_nobody_settled_comes_back_in_doubt_once_its_lease_is_over(kept: Kept) -> None:
    kept.add(a_due_grant())
    [first] = kept.take_due()
    assert not first.grant.schedule.in_doubt
    kept.clock.advance(LEASE - timedelta(microseconds=1))
    assert kept.take_due() == []
    kept.clock.advance(timedelta(microseconds=1))
    [second] = kept.take_due()
    assert second.grant.schedule.in_doubt
    assert kept.grant().schedule.in_doubt
    assert second.attempt != first.attempt


def test_leased_grants_are_counted_as_due(kept: Kept) -> None:
    kept.add(a_due_grant("a"), a_due_grant("b"))
    kept.take_due(limit=1)
    assert kept.claims.count_due(APP, Due()) == 2


def test_one_grant_is_claimed_due_or_not(kept: Kept) -> None:
    kept.add(a_grant())
    claim = kept.take()
    assert claim is not None
    assert (claim.grant.id, claim.generation) == ("grant-1", 1)
    assert kept.grant().schedule.attempt == claim.grant.schedule.attempt
    assert kept.take() is None
    kept.clock.advance(LEASE)
    again = kept.take()
    assert again is not None
    assert again.grant.schedule.in_doubt


def test_a_grant_in_need_of_reauthorisation_can_be_claimed_by_its_id(kept: Kept) -> None:
    grant = a_grant()
    grant.lapse(Reason.REFRESH_TOKEN_EXPIRED, START)
    kept.add(grant)
    claim = kept.take()
    assert claim is not None
    assert isinstance(claim.grant.health, NeedsReauth)


def test_no_claim_is_given_at_another_generation_or_of_what_is_erased_or_unknown(kept: Kept) -> None:
    kept.add(a_grant())
    assert kept.take(generation=2) is None
    assert kept.take("unknown") is None
    erase(kept, revoked=True)
    assert kept.take(generation=1) is None
    assert kept.take(generation=2) is None
    assert kept.grant().schedule.attempt is None


def test_a_rotation_is_stored_with_its_events_and_nothing_else_of_the_grant(kept: Kept) -> None:
    kept.add(a_grant(connects=(1,)))
    claim = kept.take()
    assert claim is not None
    with kept.store.write() as work:
        [grant] = work.grants.get([claim.grant.id])
        grant.release(ConnectionId("grant-1/1"))
        grant.reach = frozenset()
        work.grants.save(grant)
        work.commit()
    fresh = rotated(claim)
    assert kept.claims.settle(fresh, claim) is Settlement.STORED
    stored = kept.grant()
    assert stored.tokens == a_pair("fresh", at=START + HOUR)
    assert (stored.generation, stored.health, stored.fingerprint) == (2, Active(), "print of fresh")
    assert stored.schedule == fresh.schedule
    assert stored.connections == {}
    assert stored.reach == frozenset()
    assert kept.facts()[-1] == TokensRotated(fresh.id, fresh.owner, 2, at=START + HOUR)
    assert fresh.events == []


def test_a_rotated_grant_is_due_again_at_its_new_time(kept: Kept) -> None:
    kept.add(a_due_grant())
    [claim] = kept.take_due()
    assert kept.claims.settle(rotated(claim), claim) is Settlement.STORED
    assert kept.claims.count_due(APP, Due()) == 0
    kept.clock.advance(13 * HOUR)
    [again] = kept.take_due()
    assert again.generation == 2
    assert not again.grant.schedule.in_doubt


def test_a_failure_is_stored_under_its_attempt(kept: Kept) -> None:
    kept.add(a_due_grant(ends=START + 9 * HOUR))
    [claim] = kept.take_due()
    claim.grant.fail(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103), POLICY, START)
    assert kept.claims.settle(claim.grant, claim) is Settlement.STORED
    stored = kept.grant()
    assert isinstance(stored.health, Degraded)
    assert stored.schedule.attempt is None
    assert stored.schedule == claim.grant.schedule
    assert kept.facts() == [], "nobody is asked to act yet"


def test_a_rotation_heals_a_grant_that_others_claimed_and_were_refused_meanwhile(kept: Kept) -> None:
    kept.add(a_due_grant())
    [slow] = kept.take_due()
    kept.clock.advance(LEASE)
    [quick] = kept.take_due()
    quick.grant.fail(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107), POLICY, START + LEASE)
    assert kept.claims.settle(quick.grant, quick) is Settlement.STORED
    assert kept.claims.settle(rotated(slow), slow) is Settlement.STORED
    assert kept.grant().health == Active()
    assert kept.grant().generation == 2


def test_a_failure_never_overwrites_another_s_claim(kept: Kept) -> None:
    kept.add(a_due_grant())
    [slow] = kept.take_due()
    kept.clock.advance(LEASE)
    [quick] = kept.take_due()
    before = kept.grant(), kept.facts()
    slow.grant.fail(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107), POLICY, START + LEASE)
    assert kept.claims.settle(slow.grant, slow) is Settlement.OVERTAKEN
    assert (kept.grant(), kept.facts()) == before
    assert kept.grant().schedule.attempt == quick.grant.schedule.attempt


def test_a_second_settle_is_overtaken(kept: Kept) -> None:
    kept.add(a_due_grant())
    [slow] = kept.take_due()
    kept.clock.advance(LEASE)
    [quick] = kept.take_due()
    assert kept.claims.settle(rotated(quick, "winner"), quick) is Settlement.STORED
    facts = kept.facts()
    assert kept.claims.settle(rotated(slow, "loser"), slow) is Settlement.OVERTAKEN
    assert kept.grant().fingerprint == "print of winner"
    assert kept.facts() == facts


@pytest.mark.parametrize(("revoked", "told"), ((True, Settlement.REVOKED), (False, Settlement.SUPERSEDED)))
def test_an_erased_grant_takes_no_outcome(kept: Kept, *, revoked: bool, told: Settlement) -> None:
    kept.add(a_due_grant())
    [claim] = kept.take_due()
    failed = replace(claim.grant, events=[])
    failed.fail(InDoubt("reset"), POLICY, START)
    fresh = rotated(claim)
    erase(kept, revoked=revoked)
    before = kept.grant(), kept.facts()
    assert kept.claims.settle(fresh, claim) is told
    assert kept.claims.settle(failed, claim) is told
    assert (kept.grant(), kept.facts()) == before
    assert kept.grant().health == (Revoked() if revoked else Superseded())


def test_a_grant_that_is_gone_counts_as_superseded(kept: Kept) -> None:
    kept.add(a_due_grant())
    [claim] = kept.take_due()
    stranger = replace(claim.grant, id=GrantId("gone"))
    assert kept.claims.settle(stranger, replace(claim, grant=stranger)) is Settlement.SUPERSEDED


def test_a_claim_is_current_while_its_generation_is(kept: Kept) -> None:
    kept.add(a_due_grant())
    [first] = kept.take_due()
    kept.clock.advance(LEASE)
    [second] = kept.take_due()
    assert kept.claims.current(first)
    assert kept.claims.current(second)
    kept.claims.settle(rotated(second), second)
    assert not kept.claims.current(first)
    stranger = replace(first, grant=replace(first.grant, id=GrantId("gone")))
    assert not kept.claims.current(stranger)


def test_a_released_claim_is_as_if_it_had_never_been(kept: Kept) -> None:
    kept.add(a_due_grant("a"), a_due_grant("b", ends=START + 2 * HOUR))
    before = kept.grant("a"), kept.grant("b")
    kept.claims.release(kept.take_due())
    assert (kept.grant("a"), kept.grant("b")) == before
    assert ids(kept.take_due()) == ["a", "b"]
    kept.claims.release([])


def test_a_release_leaves_the_doubt_of_an_attempt_before_it(kept: Kept) -> None:
    kept.add(a_due_grant())
    kept.take_due()
    kept.clock.advance(LEASE)
    kept.claims.release(kept.take_due())
    [claim] = kept.take_due()
    assert claim.grant.schedule.in_doubt


def test_a_late_release_leaves_the_claim_of_another_alone(kept: Kept) -> None:
    kept.add(a_due_grant())
    slow = kept.take_due()
    kept.clock.advance(LEASE)
    [quick] = kept.take_due()
    kept.claims.release(slow)
    attempt = kept.grant().schedule.attempt
    assert attempt is not None
    assert attempt.id == quick.attempt
    kept.claims.settle(rotated(quick), quick)
    kept.claims.release([quick])
    assert kept.grant().generation == 2


def test_a_claim_that_is_settled_can_be_taken_again_at_once(kept: Kept) -> None:
    kept.add(a_due_grant())
    [claim] = kept.take_due()
    claim.grant.fail(Unavailable("60001"), POLICY, START)
    kept.claims.settle(claim.grant, claim)
    again = kept.take()
    assert again is not None
    assert not again.grant.schedule.in_doubt
    assert again.grant.schedule.failures == 1
    assert kept.clock.monotonic() < SECOND


# ---- what was refused


def refused(name: str, *, owner: OwnerId = ANNA, ends: datetime = START + 9 * HOUR, times: int = 1) -> Grant:
    """Refused so many times, two hours apart, the first time long enough ago to be due; believed at the second."""
    grant = a_grant(name, owner=owner, tokens=a_pair(name, at=ends - DAY))
    for number in range(times):
        grant.fail(NO, POLICY, START - (times - number) * 2 * HOUR, credible=True)
        grant.note_probe(NO, POLICY, START - (times - number) * 2 * HOUR)
    return grant


def repeats(kept: Kept, limit: int = 100) -> list[str]:
    return ids(kept.take_due(limit=limit, due=Due(repeats=True)))


def test_refused_grants_wait_in_a_line_of_their_own_those_not_believed_first(kept: Kept) -> None:
    owners = [OwnerId(f"owner-{n}") for n in range(5)]
    kept.add(
        refused("asked, urgent", owner=owners[0], ends=START + HOUR, times=2),
        refused("late", owner=owners[1], ends=START + 3 * HOUR),
        refused("urgent", owner=owners[2], ends=START + 2 * HOUR),
        refused("asked, late", owner=owners[3], ends=START + 4 * HOUR, times=2),
        a_due_grant("healthy"),
        a_grant("of another app", owner=owners[4], app=AppId("another")),
    )
    assert kept.claims.count_due(APP, Due()) == 1
    assert kept.claims.count_due(APP, Due(repeats=True)) == 4
    assert ids(kept.take_due()) == ["healthy"]
    assert repeats(kept, 2) == ["urgent", "late"]
    assert repeats(kept) == ["asked, urgent", "asked, late"]
    assert repeats(kept) == []


def test_a_refused_grant_that_awaits_its_probe_does_not_wait_in_line(kept: Kept) -> None:
    grant = a_grant(tokens=a_pair(at=START - 12 * HOUR))
    grant.fail(NO, POLICY, START)
    kept.add(grant)
    assert repeats(kept) == []
    assert ids(kept.take_due(due=Due(since=START))) == ["grant-1"]


def test_tokens_of_both_models_wait_in_one_line(kept: Kept) -> None:
    endless = a_grant("endless", owner=BERT, tokens=a_long_term_token())
    endless.note_probe(NO, POLICY, START - HOUR)
    kept.add(endless, refused("a pair"))
    assert sorted(repeats(kept)) == ["a pair", "endless"]


def test_of_ten_repeats_in_a_row_one_is_of_an_owner(kept: Kept) -> None:
    many = [refused(f"of one {n:02}", ends=START + HOUR) for n in range(30)]
    others = [refused(f"of another {n:02}", owner=OwnerId(f"owner-{n}"), ends=START + 2 * HOUR) for n in range(20)]
    kept.add(*many, *others)
    row = list[str]()
    for limit in (1, 3, 7, 1, 8):
        for claim in kept.take_due(limit=limit, due=Due(repeats=True)):
            row.append(claim.grant.owner)
            kept.clock.advance(SECOND)
            claim.grant.fail(NO, POLICY, kept.clock.now())
            kept.claims.settle(claim.grant, claim)
    assert [place for place, owner in enumerate(row) if owner == ANNA] == [0, 10]
    assert len(set(row)) == 19


def test_one_owner_alone_is_not_kept_waiting(kept: Kept) -> None:
    kept.add(*(refused(f"grant {n}") for n in range(12)))
    assert len(repeats(kept, 8)) == 8
    assert len(repeats(kept, 8)) == 4


def test_a_success_hastens_those_next_in_line(kept: Kept) -> None:
    kept.add(*(refused(f"of one {n}", ends=START + HOUR) for n in range(4)))
    kept.add(*(refused(f"of {n}", owner=OwnerId(f"owner-{n}"), ends=START + (2 + n) * HOUR) for n in range(4)))
    kept.claims.hasten(APP, 3)
    assert ids(kept.take_due()) == ["of one 0", "of 0", "of 1"]
    assert kept.claims.count_due(APP, Due(repeats=True)) == 5
    kept.claims.hasten(AppId("another"), 3)
    assert kept.take_due() == []


def test_what_was_hastened_is_not_sent_again_within_the_minute(kept: Kept) -> None:
    grant = a_grant(tokens=a_pair(at=START - 12 * HOUR))
    grant.fail(NO, POLICY, START)
    grant.note_probe(NO, POLICY, START)
    kept.add(grant)
    kept.claims.hasten(APP, 10)
    assert kept.take_due() == []
    kept.clock.advance(MINUTE)
    assert ids(kept.take_due()) == ["grant-1"]


def test_enough_are_hastened_at_once(kept: Kept) -> None:
    kept.add(*(refused(f"grant {n}", owner=OwnerId(f"owner-{n}")) for n in range(HASTENED_AT_ONCE + 20)))
    for _ in range(15):
        kept.claims.hasten(APP, 10)
    assert kept.claims.count_due(APP, Due()) == HASTENED_AT_ONCE
    kept.take_due(limit=30)
    kept.claims.hasten(APP, 10)
    assert kept.claims.count_due(APP, Due()) == HASTENED_AT_ONCE + 10


def test_nobody_is_hastened_who_is_under_way_or_waits_no_more(kept: Kept) -> None:
    given_up = a_grant("given up", owner=BERT, tokens=a_pair(at=START - 30 * DAY))
    given_up.fail(NO, POLICY, START - 20 * DAY)
    given_up.note_probe(NO, POLICY, START - 20 * DAY)
    given_up.fail(NO, POLICY, START - 10 * DAY, credible=True)
    kept.add(given_up, refused("under way"))
    assert repeats(kept) == ["under way"]
    kept.claims.hasten(APP, 10)
    assert kept.claims.count_due(APP, Due()) == 0


def test_a_code_that_nobody_knows_is_stored_as_a_reason(kept: Kept) -> None:
    kept.add(a_due_grant())
    claim = kept.take()
    assert claim is not None
    for _ in range(3):
        claim.grant.fail(Unavailable("unknown code 41999", 41999), POLICY, START + HOUR)
    assert kept.claims.settle(claim.grant, claim) is Settlement.STORED
    stored = kept.grant()
    assert is_probed_first(stored.schedule, stored.tokens, START + HOUR)
    claim = kept.take()
    assert claim is not None
    claim.grant.note_probe(NO, POLICY, START + HOUR)
    assert kept.claims.settle(claim.grant, claim) is Settlement.STORED
    assert kept.grant().health == NeedsReauth(Reason("tiktok_41999"), since=START + HOUR)
    assert kept.facts()[-1] == ReauthorisationRequired(claim.grant.id, ANNA, Reason("tiktok_41999"), at=START + HOUR)


def test_a_refusal_is_stored_with_all_that_is_known_of_it(kept: Kept) -> None:
    kept.add(a_due_grant(ends=START + 9 * HOUR))
    for _ in range(3):
        claim = kept.take()
        assert claim is not None
        kept.clock.advance(HOUR)
        claim.grant.fail(NO, POLICY, kept.clock.now(), credible=True)
        assert kept.claims.settle(claim.grant, claim) is Settlement.STORED
        claim = kept.take()
        assert claim is not None
        claim.grant.note_probe(None, POLICY, kept.clock.now())
        assert kept.claims.settle(claim.grant, claim) is Settlement.STORED
        assert (kept.grant().health, kept.grant().schedule) == (claim.grant.health, claim.grant.schedule)
    assert kept.grant().asked_because is NO.reason
    assert isinstance(kept.facts()[-1], GrantDegraded)
    claim = kept.take()
    assert claim is not None
    assert kept.claims.settle(rotated(claim), claim) is Settlement.STORED
    assert kept.grant().schedule.refusals is None
