from __future__ import annotations

import pytest

from application import show_history
from application.show_history import NothingKnown, time_of
from domain.audit_trail import Act, Actor, AuditRecord, AuditSubject, VendRecord
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.outcomes import Unavailable
from domain.rotation_attempt import CallMade, RotationAttempt
from support.builders import ANNA, BERT
from support.world import World

IMPORTER = Actor.service("importer")


def story(world: World, subject: AuditSubject) -> list[str]:
    """A word for each entry."""
    words = list[str]()
    for entry in world.container.show_history()(subject):
        match entry:
            case AuditRecord(act=act):
                words.append(act.value)
            case VendRecord(count=count):
                words.append(f"vended {count}")
            case RotationAttempt(what=what):
                words.append(f"{what.call.value} {what.outcome}")
    return words


def test_a_history_has_acts_vends_and_attempts_the_newest_last() -> None:
    world = World()
    [connection] = world.connect("chloe")
    batch = world.container.audit_batch()
    world.pass_time(minutes=5)
    batch.vended(connection.id, IMPORTER)
    batch.vended(connection.id, IMPORTER)
    batch.write()
    world.pass_time(hours=13)
    world.carry_out_now(connection)
    world.pass_time(hours=13)
    world.platform.away = Unavailable("refused")
    world.carry_out_now(connection)
    world.pass_time(minutes=1)
    world.container.disconnect()(ANNA, connection.id)
    told = ["account_connected", "vended 2", "refresh rotated", "refresh unavailable", "disconnected"]
    assert story(world, AuditSubject(connection=connection.id)) == told
    assert story(world, AuditSubject(account=connection.advertiser.id)) == told
    of_anna = story(world, AuditSubject(owner=ANNA))
    assert sorted(of_anna[:3]) == ["account_connected", "connect_begun", "connect_completed"], "no time passed between them"
    assert of_anna[3:] == told[1:]
    times = [time_of(entry) for entry in world.container.show_history()(AuditSubject(owner=ANNA))]
    assert times == sorted(times)


def test_since_a_time_is_what_came_from_then_on() -> None:
    world = World()
    [connection] = world.connect("chloe")
    world.pass_time(hours=1)
    since = world.clock.now()
    world.container.disconnect()(ANNA, connection.id)
    entries = list(world.container.show_history()(AuditSubject(owner=ANNA), since=since))
    assert [e.act for e in entries if isinstance(e, AuditRecord)] == [Act.DISCONNECTED]


@pytest.mark.parametrize(
    "subject",
    [AuditSubject(ConnectionId("c")), AuditSubject(owner=OwnerId("nobody")), AuditSubject(account=AdvertiserId("7"))],
    ids=["a connection", "a user", "an account"],
)
def test_what_nobody_ever_knew_is_said_to_be_unknown(subject: AuditSubject) -> None:
    world = World()
    world.connect("chloe")
    with pytest.raises(NothingKnown):
        world.container.show_history()(subject)


def test_an_erased_user_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.connect("chloe", owner=BERT)
    monkeypatch.setattr(show_history, "PAGE", 1)
    assert len(story(world, AuditSubject(owner=BERT))) == 3, "page by page"
    world.container.erase_user()(BERT)
    with pytest.raises(NothingKnown):
        world.container.show_history()(AuditSubject(owner=BERT))


def test_a_refusal_is_told_with_its_reason_and_how_it_left_the_grant() -> None:
    world = World()
    [connection] = world.connect("chloe")
    world.pass_time(days=366)
    world.carry_out_now(connection)
    grant = world.grant_of(connection)
    [*_, last] = world.container.audit_history().attempts([grant.id], since=None, after=None, limit=9)
    assert (last.what.call, last.health) == (CallMade.REFRESH, "needs_reauth")
    assert last.what.outcome.startswith("refused refresh_token_expired ")
