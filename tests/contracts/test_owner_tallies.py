from dataclasses import replace
from datetime import datetime

from application.ports.claims_and_settlements import Settlement
from domain.grant import Grant
from domain.ids import AppId, GrantId, OwnerId
from domain.outcomes import InDoubt, Reason, Refused, Unavailable
from domain.owner_tally import OwnerTally
from support.builders import APP, DAY, HOUR, MINUTE, POLICY, START, a_due_grant, a_grant, a_long_term_token, a_pair
from support.databases import Kept

NO = Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)
LATER = START + HOUR


def of(owner: str, number: int = 1, *, app: AppId = APP, long_term: bool = False) -> Grant:
    name = f"{owner}/{number}"
    tokens = a_long_term_token() if long_term else a_pair(name, at=START - 12 * HOUR)
    return a_grant(name, owner=OwnerId(owner), app=app, tokens=tokens)


def refuse(kept: Kept, grant: Grant, at: datetime) -> None:
    settle(kept, grant, lambda held: held.fail(NO, POLICY, at))


def rotate(kept: Kept, grant: Grant, at: datetime) -> None:
    fresh = a_pair("fresh", at=at)
    settle(kept, grant, lambda held: held.rotate(fresh, "print", from_generation=1, policy=POLICY, now=at))


def settle(kept: Kept, grant: Grant, do: object) -> None:
    claim = kept.claims.take(grant.id, generation=1, lease=MINUTE / 2)
    assert claim is not None
    assert callable(do)
    do(claim.grant)
    assert kept.claims.settle(claim.grant, claim) is Settlement.STORED


def test_each_owner_is_counted_once_by_the_best_answer(kept: Kept) -> None:
    grants = [of("anna", 1), of("anna", 2), of("anna", 3), of("bert", 1), of("bert", 2), of("carol"), of("dora")]
    kept.add(*grants)
    for grant in grants[:2]:
        refuse(kept, grant, LATER)
    rotate(kept, grants[2], LATER)
    for grant in grants[3:5]:
        refuse(kept, grant, LATER)
    rotate(kept, grants[5], LATER)
    assert kept.tallies.since(APP, START) == OwnerTally(rotated=2, newly_refused=2, only_refused=1)


def test_a_repeated_refusal_is_no_new_one(kept: Kept) -> None:
    grant = of("anna")
    kept.add(grant)
    refuse(kept, grant, LATER)
    refuse(kept, grant, LATER + HOUR)
    assert kept.tallies.since(APP, LATER) == OwnerTally(only_refused=1)
    assert kept.tallies.since(APP, START) == OwnerTally(newly_refused=1, only_refused=1)
    assert kept.tallies.since(APP, LATER + HOUR) == OwnerTally()


def test_what_was_answered_before_or_of_another_app_is_left_out(kept: Kept) -> None:
    grants = [of("anna"), of("bert"), of("carol", app=AppId("another")), of("dora", app=AppId("another"))]
    kept.add(*grants)
    rotate(kept, grants[0], LATER)
    refuse(kept, grants[1], LATER)
    rotate(kept, grants[2], LATER + MINUTE)
    refuse(kept, grants[3], LATER + MINUTE)
    assert kept.tallies.since(APP, LATER) == OwnerTally()


def test_a_consent_is_no_rotation_and_a_failure_no_answer(kept: Kept) -> None:
    kept.add(a_grant("new", tokens=a_pair("new", at=LATER)), a_due_grant("failing"))
    settle(kept, kept.grant("failing"), lambda held: held.fail(Unavailable("60001"), POLICY, LATER))
    assert kept.tallies.since(APP, START) == OwnerTally()


def test_a_refusal_after_an_attempt_without_outcome_is_counted_nowhere(kept: Kept) -> None:
    grant = of("anna")
    kept.add(grant)
    settle(kept, grant, lambda held: held.fail(InDoubt("reset"), POLICY, LATER))
    refuse(kept, grant, LATER + MINUTE)
    assert kept.tallies.since(APP, START) == OwnerTally()


def test_a_probe_that_found_a_token_without_an_end_alive_is_its_rotation(kept: Kept) -> None:
    alive, dead = of("anna", long_term=True), of("bert", long_term=True)
    kept.add(alive, dead)
    settle(kept, alive, lambda held: held.note_probe(None, POLICY, LATER))
    settle(kept, dead, lambda held: held.note_probe(NO, POLICY, LATER))
    assert kept.tallies.since(APP, START) == OwnerTally(rotated=1, newly_refused=1, only_refused=1)


def test_what_was_erased_is_no_longer_counted(kept: Kept) -> None:
    grant = of("anna")
    kept.add(grant)
    refuse(kept, grant, LATER)
    with kept.store.write() as work:
        [held] = work.grants.get([GrantId(grant.id)])
        held.revoke(LATER)
        work.grants.save(held)
        work.commit()
    assert kept.tallies.since(APP, START - DAY) == OwnerTally()
    assert replace(grant, events=[]).owner == "anna"
