"""What claims came to is stored with the outcome, or not at all, and never stands in the way of a new pair."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from application.ports.audit_trail import Counted
from application.ports.claims_and_settlements import Claim, Settlement
from domain.ids import GrantId
from domain.outcomes import Reason, Refused
from domain.rotation_attempt import FROM_JOURNAL, CallMade, CallOutcome, RotationAttempt
from support.builders import DAY, HOUR, POLICY, START, a_due_grant, a_grant, a_pair
from support.databases import Kept

ROTATED = CallOutcome(CallMade.REFRESH, "rotated", "2026112803371500A1")
REFUSED = Refused(Reason.REFRESH_TOKEN_EXPIRED, 40110, request_id="2026112803371500B2")
YEAR = timedelta(days=400)


def rotated(kept: Kept, claim: Claim, came_to: CallOutcome | None = ROTATED, *, at: datetime = START) -> Settlement:
    fresh = a_pair(f"fresh {at}", at=at)
    claim.grant.rotate(fresh, f"print {at}", from_generation=claim.generation, policy=POLICY, now=at)
    return kept.claims.settle(claim.grant, replace(claim, came_to=came_to))


def attempts(kept: Kept, *grants: str, since: datetime | None = None) -> list[RotationAttempt]:
    names = [GrantId(name) for name in grants or ("grant-1",)]
    return list(kept.audit_history.attempts(names, since=since, after=None, limit=100))


def test_a_rotation_and_a_refusal_leave_their_outcome_the_request_and_the_health(kept: Kept) -> None:
    kept.add(a_due_grant(), a_due_grant("grant-2", ends=START + 9 * HOUR))
    first, second = kept.take_due()
    assert rotated(kept, first) is Settlement.STORED
    second.grant.fail(REFUSED, POLICY, START + HOUR)
    assert kept.claims.settle(second.grant, replace(second, came_to=CallOutcome.of_refresh(REFUSED))) is Settlement.STORED
    refused = CallOutcome(CallMade.REFRESH, "refused refresh_token_expired 40110", "2026112803371500B2")
    assert attempts(kept, "grant-1", "grant-2") == [
        RotationAttempt(first.grant.id, first.attempt, START, 1, ROTATED, "active"),
        RotationAttempt(second.grant.id, second.attempt, START + HOUR, 1, refused, "degraded"),
    ]
    assert len(attempts(kept, "grant-1", "grant-2", since=START + HOUR)) == 1


def test_what_is_overtaken_leaves_nothing(kept: Kept) -> None:
    kept.add(a_due_grant())
    [slow] = kept.take_due()
    kept.clock.advance(HOUR)
    [quick] = kept.take_due()
    assert rotated(kept, quick, at=START + HOUR) is Settlement.STORED
    slow.grant.fail(REFUSED, POLICY, START + HOUR)
    assert kept.claims.settle(slow.grant, replace(slow, came_to=CallOutcome.of_refresh(REFUSED))) is Settlement.OVERTAKEN
    assert [a.attempt for a in attempts(kept)] == [quick.attempt]


def test_a_claim_under_which_nothing_was_done_leaves_nothing(kept: Kept) -> None:
    kept.add(a_due_grant())
    [claim] = kept.take_due()
    claim.grant.leave(START)
    assert kept.claims.settle(claim.grant, claim) is Settlement.STORED
    assert attempts(kept) == []


def test_an_attempt_that_is_there_already_keeps_no_pair_from_being_stored(kept: Kept) -> None:
    kept.add(a_due_grant(ends=START + 9 * HOUR))
    [claim] = kept.take_due()
    claim.grant.fail(REFUSED, POLICY, START)
    assert kept.claims.settle(claim.grant, replace(claim, came_to=CallOutcome.of_refresh(REFUSED))) is Settlement.STORED
    late = Claim(kept.grant(), 1, claim.attempt, claim.before)
    assert rotated(kept, late, FROM_JOURNAL, at=START) is Settlement.STORED
    assert kept.grant().generation == 2
    assert {a.attempt for a in attempts(kept)} == {claim.attempt}


def test_attempts_are_kept_for_a_month_and_then_counted_by_day_and_outcome(kept: Kept) -> None:
    names = [f"grant-{n}" for n in range(3)]
    kept.add(*(a_grant(name, tokens=a_pair(name, at=START - DAY)) for name in names))
    for n, claim in enumerate(kept.take_due()):
        assert rotated(kept, claim, at=START + n * DAY) is Settlement.STORED
    month_later = START + timedelta(days=31, hours=1)
    assert [kept.audit_history.prune(month_later, retention=YEAR, limit=1) for _ in range(3)] == [1, 1, 0]
    assert len(attempts(kept, *names)) == 1
    days = [(START + n * DAY).date().isoformat() for n in range(2)]
    assert kept.audit_history.daily_counts(Counted.ATTEMPTS, START) == {(day, "rotated"): 1 for day in days}


def test_a_long_history_of_attempts_comes_in_pages(kept: Kept) -> None:
    names = [GrantId(f"grant-{n}") for n in range(5)]
    kept.add(*(a_grant(name, tokens=a_pair(name, at=START - DAY)) for name in names))
    for claim in kept.take_due():
        assert rotated(kept, claim) is Settlement.STORED
    after, read = None, list[RotationAttempt]()
    while page := kept.audit_history.attempts(names, since=None, after=after, limit=2):
        read += page
        after = page[-1]
    assert sorted(a.grant for a in read) == names


@pytest.mark.parametrize("reason", Reason)
def test_every_outcome_has_words(reason: Reason) -> None:
    assert CallOutcome.of_refresh(Refused(reason, 40110)).outcome == f"refused {reason.value} 40110"
    assert CallOutcome.of_lapse(reason).call is CallMade.NONE
