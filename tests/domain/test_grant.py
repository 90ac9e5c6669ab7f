from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.advertiser import Advertiser, Standing
from domain.attempts_and_failures import Attempt, Schedule
from domain.due_times import due_at, probe_due_at
from domain.errors import AlreadyRotated, Erased
from domain.events import GrantDegraded, GrantErased, GrantRecovered, ReauthorisationRequired, TokensRotated
from domain.grant import Grant
from domain.grant_health import Active, Degraded, NeedsReauth, Revoked, Superseded
from domain.ids import AdvertiserId, AppId, AttemptId, ConnectionId, GrantId, OwnerId
from domain.outcomes import (
    Failure,
    InDoubt,
    Misconfigured,
    NotPermitted,
    OurFault,
    Reason,
    Refused,
    Throttled,
    Unavailable,
)
from domain.refusal_judgement import LONG_TERM_SERVED_FOR
from domain.refusal_repeats import FIRST_REPEAT_AFTER, WORKING_BELIEVED_AFTER
from domain.rotation_decision import is_probed_first
from domain.rotation_policy import RotationPolicy
from domain.tokens import Expiring, LongTerm, Sealed, Tokens
from support.builders import START

POLICY = RotationPolicy()
NOON = START + timedelta(hours=12)
ATTEMPT = Attempt(AttemptId("a"), "host", NOON, NOON + timedelta(seconds=30))
PAIR = Expiring(Sealed(b"a"), Sealed(b"r"), START, START + timedelta(hours=24), START + timedelta(days=365))
FRESH = replace(PAIR, access=Sealed(b"a2"), issued_at=NOON, access_expires_at=NOON + timedelta(hours=24))
LONG_TERM = LongTerm(Sealed(b"a"), START)
REFUSED = Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)


def a_grant(tokens: Tokens = PAIR, *, claimed: bool = False) -> Grant:
    grant = Grant.consented(GrantId("g"), OwnerId("o"), AppId("app"), tokens, "print", frozenset({AdvertiserId("1")}), POLICY)
    if claimed:
        grant.claim(ATTEMPT)
    return grant


def test_a_new_grant_is_an_offer_with_tokens_to_keep_alive() -> None:
    grant = a_grant()
    assert (grant.generation, grant.health, grant.connections) == (1, Active(), {})
    assert grant.schedule.due_at == due_at(POLICY, PAIR, grant.id)


def test_a_rotation_moves_the_generation_on_and_clears_the_past() -> None:
    grant = a_grant(claimed=True)
    grant.fail(InDoubt("x"), POLICY, NOON)
    grant.claim(ATTEMPT)
    grant.rotate(FRESH, "new", from_generation=1, policy=POLICY, now=NOON)
    assert (grant.tokens, grant.generation, grant.health, grant.fingerprint) == (FRESH, 2, Active(), "new")
    assert grant.schedule == Schedule(due_at(POLICY, FRESH, grant.id), settled_at=NOON)
    assert grant.events == [TokensRotated(grant.id, grant.owner, 2, at=NOON)]


def test_a_rotation_from_another_generation_is_refused() -> None:
    with pytest.raises(AlreadyRotated):
        a_grant().rotate(FRESH, "new", from_generation=0, policy=POLICY, now=NOON)


def test_a_late_answer_heals_a_grant_that_was_declared_degraded() -> None:
    grant = a_grant(claimed=True)
    grant.fail(REFUSED, POLICY, NOON)
    grant.rotate(FRESH, "new", from_generation=1, policy=POLICY, now=NOON)
    assert grant.health == Active()


def test_a_claim_after_an_unsettled_claim_is_in_doubt() -> None:
    grant = a_grant(claimed=True)
    assert not grant.schedule.in_doubt
    grant.claim(replace(ATTEMPT, id=AttemptId("b")))
    assert grant.schedule.in_doubt


def test_a_refusal_serves_what_is_left_and_names_the_day() -> None:
    grant = a_grant(claimed=True)
    grant.fail(REFUSED, POLICY, NOON)
    assert grant.health == Degraded(PAIR.access_expires_at, REFUSED.reason)
    assert (grant.schedule.due_at, grant.schedule.attempt) == (NOON, None)
    assert grant.events == [], "nobody is asked to act yet"


def test_a_refusal_with_nothing_left_needs_a_person() -> None:
    grant, late = a_grant(claimed=True), PAIR.access_expires_at
    grant.fail(REFUSED, POLICY, late)
    assert grant.health == NeedsReauth(REFUSED.reason, since=late)
    assert grant.schedule.due_at == late + FIRST_REPEAT_AFTER
    assert grant.events == [ReauthorisationRequired(grant.id, grant.owner, REFUSED.reason, at=late)]


def test_a_refusal_after_an_attempt_without_outcome_is_never_called_expired() -> None:
    grant = a_grant(claimed=True)
    grant.fail(InDoubt("time-out"), POLICY, NOON)
    grant.claim(ATTEMPT)
    grant.fail(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103), POLICY, NOON)
    assert grant.health == Degraded(PAIR.access_expires_at, Reason.ROTATION_IN_DOUBT, believed=True)


@pytest.mark.parametrize(
    "failure",
    [InDoubt("x"), Throttled(), Unavailable("x"), Misconfigured("x"), OurFault(40002), NotPermitted(40001)],
)
def test_nothing_but_a_refusal_counts_against_a_grant(failure: Failure) -> None:
    grant = a_grant(claimed=True)
    grant.fail(failure, POLICY, NOON, pause=timedelta(minutes=1))
    assert (grant.health, grant.tokens, grant.generation) == (Active(), PAIR, 1)
    assert grant.schedule.attempt is None
    assert grant.schedule.last_failure == failure
    assert grant.events == []


def test_an_attempt_in_doubt_is_due_again_just_after_its_lease() -> None:
    grant = a_grant(claimed=True)
    grant.fail(InDoubt("x"), POLICY, NOON + timedelta(seconds=10))
    assert grant.schedule.due_at == ATTEMPT.lease_until


def test_a_throttled_app_postpones_the_grant_and_does_not_count_a_failure() -> None:
    grant = a_grant(claimed=True)
    grant.fail(Throttled(), POLICY, NOON, pause=timedelta(minutes=5))
    assert (grant.schedule.due_at, grant.schedule.failures) == (NOON + timedelta(minutes=5), 0)


def test_misconfiguration_leaves_the_due_time_to_processes_that_know_better() -> None:
    grant = a_grant(claimed=True)
    due = grant.schedule.due_at
    grant.fail(Misconfigured("secret"), POLICY, NOON)
    assert grant.schedule.due_at == due


def refused(grant: Grant, at: datetime, *, access_works: bool = True, credible: bool = True) -> Grant:
    """The grant after one more refusal, and its probe if one is to be made."""
    grant.claim(ATTEMPT)
    grant.fail(REFUSED, POLICY, at, credible=credible)
    if grant.schedule.refusals is not None and grant.schedule.refusals.awaits_probe:
        grant.claim(ATTEMPT)
        grant.note_probe(None if access_works else Refused(Reason.ACCESS_TOKEN_REFUSED, 40105), POLICY, at)
    return grant


def test_a_refused_probe_asks_nobody_before_a_second_refusal() -> None:
    grant = refused(a_grant(), NOON, access_works=False)
    assert (grant.health, grant.events) == (Degraded(PAIR.access_expires_at, REFUSED.reason), [])
    again_at = NOON + FIRST_REPEAT_AFTER
    assert grant.schedule.due_at == again_at
    refused(grant, again_at, access_works=False)
    assert grant.health == NeedsReauth(REFUSED.reason, since=again_at)
    assert grant.events == [ReauthorisationRequired(grant.id, grant.owner, REFUSED.reason, at=again_at)]


def test_while_the_access_token_works_a_refusal_is_believed_an_hour_after_the_first() -> None:
    grant = refused(a_grant(), NOON)
    refused(grant, NOON + FIRST_REPEAT_AFTER)
    assert (grant.health, grant.events) == (Degraded(PAIR.access_expires_at, REFUSED.reason), [])
    later = NOON + WORKING_BELIEVED_AFTER
    refused(grant, later)
    assert grant.health == Degraded(PAIR.access_expires_at, REFUSED.reason, believed=True)
    assert grant.events == [GrantDegraded(grant.id, grant.owner, REFUSED.reason, PAIR.access_expires_at, at=later)]


def test_a_person_is_asked_once_however_often_it_is_refused() -> None:
    grant = refused(a_grant(), NOON, access_works=False)
    for hours in range(1, 100):
        refused(grant, NOON + timedelta(hours=hours), access_works=False)
    assert grant.health == NeedsReauth(REFUSED.reason, since=NOON + timedelta(hours=1))
    assert len(grant.events) == 1


def test_what_others_do_not_speak_for_is_not_believed_before_the_access_token_ends() -> None:
    grant = refused(a_grant(), NOON, access_works=False)
    for hours in range(1, 12):
        refused(grant, NOON + timedelta(hours=hours), access_works=False, credible=False)
    assert (grant.health, grant.events) == (Degraded(PAIR.access_expires_at, REFUSED.reason), [])
    assert grant.schedule.due_at == PAIR.access_expires_at - timedelta(minutes=50)
    grant.lapse(REFUSED.reason, PAIR.access_expires_at)
    assert isinstance(grant.health, NeedsReauth)
    assert grant.schedule.due_at is not None, "it is sent again nevertheless"


def test_a_refusal_after_an_attempt_without_outcome_is_believed_at_once() -> None:
    grant = a_grant(claimed=True)
    grant.fail(InDoubt("time-out"), POLICY, NOON)
    refused(grant, NOON + timedelta(minutes=1), access_works=False, credible=False)
    assert grant.health == NeedsReauth(Reason.ROTATION_IN_DOUBT, since=NOON + timedelta(minutes=1))


def test_a_repeat_without_answer_puts_later_refusals_in_doubt() -> None:
    grant = refused(a_grant(), NOON)
    grant.claim(ATTEMPT)
    grant.fail(InDoubt("time-out"), POLICY, NOON + timedelta(minutes=10))
    refused(grant, NOON + timedelta(minutes=11), credible=False)
    assert grant.health == Degraded(PAIR.access_expires_at, Reason.ROTATION_IN_DOUBT, believed=True)


@pytest.mark.parametrize("failure", [Unavailable("x"), Throttled(), Misconfigured("x"), OurFault(40002)])
def test_time_without_an_answer_believes_nobody(failure: Failure) -> None:
    grant = refused(a_grant(), NOON, access_works=False)
    for hours in range(1, 12):
        grant.claim(ATTEMPT)
        grant.fail(failure, POLICY, NOON + timedelta(hours=hours), pause=timedelta(minutes=1), credible=True)
    assert (grant.health, grant.events) == (Degraded(PAIR.access_expires_at, REFUSED.reason), [])


@pytest.mark.parametrize(
    ("answer", "works"), [(None, True), (NotPermitted(40001), True), (Unavailable("x"), None), (Throttled(), None)]
)
def test_any_other_answer_to_the_probe_leaves_it_degraded_until_its_day(answer: Failure | None, works: bool | None) -> None:
    grant = a_grant(claimed=True)
    grant.fail(REFUSED, POLICY, NOON)
    grant.note_probe(answer, POLICY, NOON)
    assert grant.health == Degraded(PAIR.access_expires_at, REFUSED.reason)
    assert grant.schedule.refusals is not None
    assert (grant.schedule.refusals.access_works, grant.schedule.refusals.in_line) == (works, True)
    assert grant.schedule.due_at == NOON + FIRST_REPEAT_AFTER


UNKNOWN = Unavailable("unknown code 41999", 41999)


def unknown(grant: Grant, *, times: int, at: datetime, failure: Failure = UNKNOWN) -> Grant:
    for _ in range(times):
        grant.claim(ATTEMPT)
        grant.fail(failure, POLICY, at)
    return grant


def probed_first(grant: Grant, now: datetime) -> bool:
    return is_probed_first(grant.schedule, grant.tokens, now)


def test_a_code_that_nobody_knows_for_ever_ends_in_a_persons_hands_once_the_token_is_dead() -> None:
    grant, late = unknown(a_grant(), times=50, at=NOON), PAIR.access_expires_at
    assert (grant.health, probed_first(grant, NOON), probed_first(grant, late)) == (Active(), False, True)
    grant.claim(ATTEMPT)
    grant.note_probe(Refused(Reason.ACCESS_TOKEN_REFUSED, 40105), POLICY, late)
    assert grant.health == NeedsReauth(Reason("tiktok_41999"), since=late)
    assert grant.events == [ReauthorisationRequired(grant.id, grant.owner, Reason("tiktok_41999"), at=late)]
    assert grant.schedule.due_at == late + FIRST_REPEAT_AFTER, "it is sent again nevertheless"


@pytest.mark.parametrize("answer", [None, Unavailable("no connection"), NotPermitted(40001)])
def test_while_the_probe_does_not_say_that_it_is_dead_the_refresh_is_tried_again(answer: Failure | None) -> None:
    grant, late = unknown(a_grant(), times=3, at=PAIR.access_expires_at), PAIR.access_expires_at
    grant.claim(ATTEMPT)
    grant.note_probe(answer, POLICY, late)
    assert (grant.health, grant.events, probed_first(grant, late)) == (Active(), [], False)
    assert grant.schedule.due_at is not None
    assert late < grant.schedule.due_at <= late + timedelta(minutes=15)
    assert probed_first(unknown(grant, times=3, at=late), late)


def test_now_this_code_and_now_that_one_asks_nobody() -> None:
    grant, late = a_grant(), PAIR.access_expires_at
    for code in (41999, 42000) * 20:
        unknown(grant, times=2, at=late, failure=Unavailable(f"unknown code {code}", code))
    assert not probed_first(grant, late)


def test_an_outage_of_whatever_length_asks_nobody() -> None:
    grant = unknown(a_grant(), times=50, at=PAIR.access_expires_at, failure=Unavailable("no connection"))
    assert not probed_first(grant, PAIR.access_expires_at)


def test_a_success_heals_whatever_was_written() -> None:
    grant = refused(a_grant(), NOON, access_works=False)
    refused(grant, NOON + timedelta(hours=1), access_works=False)
    assert grant.asked_because is REFUSED.reason
    grant.claim(ATTEMPT)
    grant.rotate(FRESH, "new", from_generation=1, policy=POLICY, now=NOON + timedelta(hours=2))
    assert (grant.health, grant.schedule.refusals) == (Active(), None)


def test_whoever_was_asked_to_authorise_again_is_told_when_it_works_again_and_nobody_else_is() -> None:
    healed, unasked = refused(a_grant(), NOON, access_works=False), refused(a_grant(), NOON)
    refused(healed, NOON + timedelta(hours=1), access_works=False)
    later = NOON + timedelta(hours=2)
    for grant in (healed, unasked):
        grant.events.clear()
        grant.claim(ATTEMPT)
        grant.rotate(FRESH, "new", from_generation=1, policy=POLICY, now=later)
    rotated = TokensRotated(healed.id, healed.owner, 2, at=later)
    assert (healed.events, unasked.events) == ([rotated, GrantRecovered(healed.id, healed.owner, 2, at=later)], [rotated])


def test_a_token_without_an_end_that_is_taken_again_after_its_person_was_asked_is_told_of() -> None:
    grant, dead = a_grant(LONG_TERM), Refused(Reason.ACCESS_TOKEN_REFUSED, 40105)
    for at in (NOON, NOON + FIRST_REPEAT_AFTER):
        grant.note_probe(dead, POLICY, at, credible=True)
    grant.events.clear()
    for _ in range(2):
        grant.note_probe(None, POLICY, NOON + timedelta(hours=1))
    assert grant.events == [GrantRecovered(grant.id, grant.owner, 1, at=NOON + timedelta(hours=1))]


def test_a_long_term_token_that_answers_is_active_and_looked_at_again_half_a_day_later() -> None:
    grant = a_grant(LONG_TERM, claimed=True)
    grant.note_probe(None, POLICY, NOON)
    assert grant.health == Active()
    assert grant.schedule == Schedule(probe_due_at(POLICY, grant.id, NOON), settled_at=NOON)
    assert grant.generation == 1


def test_a_refused_token_without_an_end_is_served_for_a_day_and_probed_again() -> None:
    grant, dead = a_grant(LONG_TERM), Refused(Reason.ACCESS_TOKEN_REFUSED, 40105)
    grant.claim(ATTEMPT)
    grant.note_probe(dead, POLICY, NOON)
    served = Degraded(NOON + LONG_TERM_SERVED_FOR, Reason.ACCESS_TOKEN_REFUSED)
    assert (grant.health, grant.schedule.due_at, grant.events) == (served, NOON + FIRST_REPEAT_AFTER, [])
    grant.claim(ATTEMPT)
    grant.note_probe(dead, POLICY, NOON + FIRST_REPEAT_AFTER, credible=True)
    assert (grant.health, grant.asked_because) == (
        NeedsReauth(Reason.ACCESS_TOKEN_REFUSED, since=NOON + FIRST_REPEAT_AFTER),
        Reason.ACCESS_TOKEN_REFUSED,
    )
    grant.claim(ATTEMPT)
    grant.note_probe(None, POLICY, NOON + timedelta(hours=2))
    assert (grant.health, grant.schedule.refusals) == (Active(), None)


def test_a_long_term_token_survives_an_outage() -> None:
    grant = a_grant(LONG_TERM, claimed=True)
    grant.note_probe(Unavailable("x"), POLICY, NOON)
    assert (grant.health, grant.schedule.failures) == (Active(), 1)
    assert grant.schedule.due_at is not None
    assert grant.schedule.due_at > NOON


@pytest.mark.parametrize(("end", "health"), [("revoke", Revoked()), ("supersede", Superseded())])
def test_erasing_empties_the_tokens_and_moves_the_generation_on(end: str, health: object) -> None:
    grant = a_grant(claimed=True)
    getattr(grant, end)(NOON)
    assert (grant.tokens, grant.generation, grant.health, grant.fingerprint) == (None, 2, health, "")
    assert (grant.schedule.due_at, grant.schedule.attempt) == (None, None)
    assert grant.events == [GrantErased(grant.id, grant.owner, revoked=end == "revoke", at=NOON)]


def test_an_erased_grant_never_has_tokens_or_accounts_again() -> None:
    grant = a_grant()
    grant.revoke(NOON)
    with pytest.raises(Erased):
        grant.rotate(FRESH, "new", from_generation=2, policy=POLICY, now=NOON)
    with pytest.raises(Erased):
        grant.connect(ConnectionId("c"), Advertiser(AdvertiserId("1"), "One"), NOON)
    with pytest.raises(Erased):
        grant.supersede(NOON)


def test_an_adopted_connection_keeps_its_id_and_learns_what_is_new() -> None:
    old, new = a_grant(), a_grant()
    was = Advertiser(AdvertiserId("1"), "Old name", "EUR", "Europe/Berlin", "STATUS_ENABLE", Standing.OPEN)
    old.connect(ConnectionId("c"), was, START)
    withheld = Advertiser(AdvertiserId("1"), "New name")
    new.adopt(old.release(ConnectionId("c")).refreshed(withheld), NOON)
    [connection] = new.connections.values()
    assert (connection.id, connection.created_at) == ("c", START)
    assert connection.advertiser == replace(was, name="New name")
    assert old.connections == {}


def test_a_grant_is_in_flight_until_its_lease_runs_out() -> None:
    grant = a_grant(claimed=True)
    assert grant.in_flight(NOON)
    assert not grant.in_flight(ATTEMPT.lease_until)
