from dataclasses import replace

from application.ports.fleet import YEAR_ENDS, FleetView, GrantCount, ReasonCount
from domain.ids import AppId, GrantId
from domain.outcomes import InDoubt, Reason, Refused, Unavailable
from domain.owner_tally import OwnerTally
from support.builders import (
    APP,
    DAY,
    HOUR,
    MINUTE,
    POLICY,
    START,
    a_due_grant,
    a_grant,
    a_long_term_token,
    a_pair,
    a_revocation,
    an_offer,
)
from support.databases import Kept


def test_an_empty_fleet_counts_nothing(kept: Kept) -> None:
    nothing_at_risk = ((HOUR, 0), (6 * HOUR, 0), (12 * HOUR, 0))
    assert kept.fleet.counts(START, overdue_after=MINUTE) == FleetView(
        START, (), 0, 0, 0, nothing_at_risk, 0, 0, 0, year_ends=tuple((span, 0) for span in YEAR_ENDS)
    )


def test_the_fleet_is_counted_by_app_and_health(kept: Kept) -> None:
    degraded, dead, revoked, superseded = (a_grant(n) for n in ("degraded", "dead", "revoked", "superseded"))
    degraded.fail(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103), POLICY, START)
    dead.lapse(Reason.REFRESH_TOKEN_EXPIRED, START)
    revoked.revoke(START)
    superseded.supersede(START)
    kept.add(degraded, dead, revoked, superseded, a_grant("one", connects=(1, 2)), a_grant("two", connects=(3,)))
    kept.add(a_grant("other", app=AppId("an app"), tokens=a_long_term_token()))
    with kept.store.write() as work:
        work.offers.add(an_offer(GrantId("one"), "open"))
        work.offers.add(an_offer(GrantId("two"), "over", at=START - HOUR))
        work.revocations.add(a_revocation())
        work.commit()
    view = kept.fleet.counts(START, overdue_after=MINUTE)
    assert view.grants == (
        GrantCount(AppId("an app"), "active", 1),
        GrantCount(APP, "active", 2),
        GrantCount(APP, "degraded", 1),
        GrantCount(APP, "needs_reauth", 1),
        GrantCount(APP, "revoked", 1),
        GrantCount(APP, "superseded", 1),
    )
    assert (view.connections, view.open_offers, view.pending_revocations) == (3, 1, 1)


def test_due_overdue_and_doubtful_grants_are_counted(kept: Kept) -> None:
    fresh = a_grant("fresh")
    due_at = fresh.schedule.due_at
    assert due_at is not None
    doubtful = a_grant("doubtful", tokens=a_long_term_token(at=START + 30 * DAY))
    doubtful.fail(InDoubt("reset"), POLICY, START + 30 * DAY)
    dead = a_due_grant("dead", ends=START)
    dead.lapse(Reason.REFRESH_TOKEN_EXPIRED, START)
    refused = a_grant("refused", tokens=a_pair(at=START + 30 * DAY))
    refused.fail(InDoubt("reset"), POLICY, START + 30 * DAY)
    refused.fail(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107), POLICY, START + 30 * DAY)
    kept.add(fresh, doubtful, dead, refused)
    readiness_checks = [kept.fleet.counts(due_at + m * MINUTE, overdue_after=MINUTE) for m in (-1, 0, 1, 2)]
    assert [(v.due, v.overdue, v.in_doubt) for v in readiness_checks] == [(0, 0, 1), (1, 0, 1), (1, 0, 1), (1, 1, 1)]


def test_owners_are_counted_by_app_who_were_refused_lately(kept: Kept) -> None:
    lately, before, elsewhere = a_due_grant("lately"), a_due_grant("before"), a_due_grant("elsewhere", app=AppId("another"))
    lately.fail(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107), POLICY, START - MINUTE)
    before.fail(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107), POLICY, START - HOUR)
    kept.add(lately, before, elsewhere)
    answered = kept.fleet.counts(START, overdue_after=MINUTE).answered
    assert answered == ((AppId("another"), OwnerTally()), (APP, OwnerTally(newly_refused=1, only_refused=1)))


def test_tokens_are_at_risk_that_end_soon_and_may_not_be_renewed(kept: Kept) -> None:
    failing, refused = (a_due_grant(n, ends=START + 5 * HOUR) for n in ("failing", "refused"))
    failing.fail(Unavailable("60001"), POLICY, START, pause=HOUR)
    refused.fail(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103), POLICY, START)
    refused.note_probe(None, POLICY, START)
    calm = a_due_grant("calm", ends=START + 5 * HOUR)
    calm.schedule = a_grant().schedule
    kept.add(a_due_grant("due", ends=START + HOUR), a_due_grant("ended", ends=START - HOUR), failing, refused, calm)
    kept.add(a_due_grant("far", ends=START + 12 * HOUR + MINUTE), a_grant("probed", tokens=a_long_term_token(at=START - DAY)))
    assert kept.fleet.counts(START, overdue_after=MINUTE).at_risk == ((HOUR, 2), (6 * HOUR, 4), (12 * HOUR, 4))


def test_of_short_lives_the_horizons_are_as_much_shorter(kept: Kept) -> None:
    life = 2 * HOUR
    kept.add(*(a_due_grant(f"in {n}", ends=START + n * MINUTE, life=life) for n in (4, 6, 29, 31, 54, 61)))
    assert kept.fleet.counts(START, overdue_after=MINUTE).at_risk == ((HOUR, 1), (6 * HOUR, 3), (12 * HOUR, 5))


def test_grants_in_trouble_are_counted_by_their_reasons(kept: Kept) -> None:
    degraded, dead, fine = a_grant("degraded"), a_grant("dead"), a_grant("fine")
    degraded.fail(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107), POLICY, START)
    dead.lapse(Reason.REFRESH_TOKEN_EXPIRED, START)
    kept.add(degraded, dead, fine)
    assert kept.fleet.counts(START, overdue_after=MINUTE).reasons == (
        ReasonCount(APP, "degraded", "refresh_token_refused", 1),
        ReasonCount(APP, "needs_reauth", "refresh_token_expired", 1),
    )


def test_the_oldest_due_grant_and_those_without_a_valid_token_are_told(kept: Kept) -> None:
    over = a_due_grant("over", ends=START - MINUTE)
    kept.add(over, a_due_grant("due", ends=START + HOUR), a_grant("fresh"), a_grant("long", tokens=a_long_term_token()))
    view = kept.fleet.counts(START, overdue_after=MINUTE)
    assert (view.sustainable, view.lapsed, view.oldest_due_at) == (3, 1, over.schedule.due_at)


def test_connected_grants_are_counted_whose_refresh_token_ends_soon(kept: Kept) -> None:
    pairs = {n: replace(a_pair(), refresh_expires_at=START + n * DAY) for n in (2, 20, 29, 300)}
    kept.add(*(a_grant(f"in {n}", connects=(n,), tokens=pair) for n, pair in pairs.items()))
    kept.add(a_grant("unconnected", tokens=pairs[2]))
    ends = dict(kept.fleet.counts(START, overdue_after=MINUTE).year_ends)
    assert ends == {3 * DAY: 1, 14 * DAY: 1, 30 * DAY: 3, 60 * DAY: 3}


def test_totals_may_be_as_old_as_is_said_and_are_counted_anew_otherwise(kept: Kept) -> None:
    kept.add(a_grant("one"))
    kept.fleet.counts(START, overdue_after=MINUTE)
    kept.add(a_grant("two"))
    assert [c.grants for c in kept.fleet.counts(START + MINUTE / 2, overdue_after=MINUTE).grants] == [2]
    assert [c.grants for c in kept.fleet.counts(START + 3 * MINUTE, overdue_after=MINUTE, totals_may_be=MINUTE).grants] == [2]
