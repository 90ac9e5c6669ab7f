from application.ports.claims import Due, Settlement
from application.ports.incidents import Incident
from domain.grant import Grant
from domain.health import Active, Degraded, NeedsReauth
from domain.ids import AppId, GrantId
from domain.mass_refusal import RefusalTally
from domain.outcomes import Reason, Refused
from support.builders import APP, DAY, HOUR, MINUTE, POLICY, SECOND, START, a_due_grant, a_grant, a_pair
from support.databases import Kept

REFUSED = Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)
OTHER = AppId("another app")


def refused(name: str, *, minutes_ago: int = 1, ends_in: int = 5, app: AppId = APP) -> Grant:
    """A grant whose refresh was refused before START; needing reauthorisation if its token had ended."""
    grant = a_due_grant(name, ends=START + ends_in * HOUR, app=app)
    grant.fail(REFUSED, POLICY, START - minutes_ago * MINUTE)
    return grant


def rotated(name: str, *, minutes_ago: int = 1) -> Grant:
    grant = a_due_grant(name)
    at = START - minutes_ago * MINUTE
    grant.rotate(a_pair(name, at=at), "print", from_generation=1, policy=POLICY, now=at)
    return grant


def test_refreshes_with_an_answer_are_tallied(kept: Kept) -> None:
    in_doubt = a_grant("in doubt before", tokens=a_pair(at=START - 20 * HOUR))
    in_doubt.schedule = refused("x").schedule.__class__(due_at=START, in_doubt=True)
    in_doubt.fail(REFUSED, POLICY, START)
    kept.add(
        refused("one"),
        refused("two", ends_in=-1),
        refused("too long ago", minutes_ago=11),
        refused("of another", app=OTHER),
        rotated("three"),
        rotated("long ago", minutes_ago=11),
        a_grant("new", tokens=a_pair(at=START)),
        in_doubt,
    )
    assert kept.incidents.tally(APP, START - 10 * MINUTE) == RefusalTally(answered=3, refused=2)
    assert kept.incidents.tally(OTHER, START - 10 * MINUTE) == RefusalTally(answered=1, refused=1)
    assert kept.incidents.tally(APP, START + MINUTE) == RefusalTally(answered=0, refused=0)


def test_an_incident_is_open_until_it_is_closed(kept: Kept) -> None:
    assert kept.incidents.current(OTHER) is None
    kept.incidents.open(APP, START, START - 10 * MINUTE)
    assert kept.incidents.current(APP) == Incident(APP, START)
    kept.incidents.open(APP, START + MINUTE, START - 10 * MINUTE)
    assert kept.incidents.current(APP) == Incident(APP, START)
    assert kept.incidents.current(OTHER) is None
    kept.incidents.close(APP, START + HOUR)
    assert kept.incidents.current(APP) is None
    kept.incidents.close(APP, START + HOUR)


def test_opening_takes_back_what_refusals_did_to_health(kept: Kept) -> None:
    kept.add(
        refused("degraded"),
        refused("dead", ends_in=-1),
        refused("before", minutes_ago=11, ends_in=6),
        refused("of another", app=OTHER),
    )
    lapsed = a_due_grant("lapsed")
    lapsed.lapse(Reason.REFRESH_TOKEN_EXPIRED, START)
    kept.add(lapsed, rotated("fine"))
    assert kept.incidents.open(APP, START, START - 10 * MINUTE) == 2
    for name in "degraded", "dead":
        assert (kept.grant(name).health, kept.grant(name).schedule.due_at) == (Active(), START)
        assert kept.grant(name).tokens is not None
    assert isinstance(kept.grant("before").health, Degraded)
    assert isinstance(kept.grant("of another").health, Degraded)
    assert isinstance(kept.grant("lapsed").health, NeedsReauth)
    assert [claim.grant.id for claim in kept.take_due()] == ["dead", "degraded", "before"]


def test_a_probe_under_way_at_the_opening_settles_nothing(kept: Kept) -> None:
    kept.add(refused("degraded"))
    [probing] = kept.take_due()
    kept.incidents.open(APP, START, START - 10 * MINUTE)
    probing.grant.note_probe(REFUSED, POLICY, START)
    assert kept.claims.settle(probing.grant, probing) is Settlement.OVERTAKEN
    assert kept.grant("degraded").health == Active()


def test_one_refresh_in_a_while_is_let_through(kept: Kept) -> None:
    kept.incidents.open(APP, START, START)
    sends = [kept.incidents.may_send(APP, START + s * SECOND, MINUTE) for s in (0, 59, 60, 61, 119, 120)]
    assert sends == [False, False, True, False, False, True]


def test_after_its_end_everything_refused_in_it_is_due_once_more(kept: Kept) -> None:
    spared = a_due_grant("spared", ends=START + 9 * HOUR)
    spared.spare(REFUSED, START)
    kept.add(spared, refused("taken back"), rotated("fine"))
    kept.incidents.open(APP, START, START - 10 * MINUTE)
    kept.incidents.close(APP, START + DAY)
    assert kept.grant("spared").schedule.due_at == START + DAY
    assert kept.grant("taken back").schedule.due_at == START + DAY
    assert kept.grant("fine").schedule.due_at != START + DAY
    assert kept.claims.count_due(APP, Due()) == 0
    kept.clock.advance(DAY)
    assert kept.claims.count_due(APP, Due()) == 3


def test_what_is_asked_while_an_incident_opens_keeps_its_lease_and_settles_no_more(kept: Kept) -> None:
    kept.add(refused("refused"))
    claim = kept.claims.take(GrantId("refused"), generation=1, lease=MINUTE)
    assert claim is not None
    kept.incidents.open(APP, START, START - 10 * MINUTE)
    assert kept.claims.take(GrantId("refused"), generation=1, lease=MINUTE) is None
    claim.grant.leave(START)
    assert kept.claims.settle(claim.grant, claim) is Settlement.OVERTAKEN


def test_closing_what_is_not_open_changes_nothing(kept: Kept) -> None:
    kept.add(refused("refused"))
    before = kept.grant("refused")
    kept.incidents.close(APP, START)
    assert kept.grant("refused") == before
