"""Erasing a user."""

from __future__ import annotations

import pytest

from application.ports.removals import UserErased
from domain.consent import Choosing, ConsentFailure, Failed
from domain.errors import OfferExpired
from domain.grant_health import Active, Revoked
from support.builders import ANNA, BERT
from support.mirrored_world import MirroredWorld
from support.world import BROWSER


def test_all_of_a_user_is_erased_and_nothing_of_others() -> None:
    world = MirroredWorld()
    erase = world.container.erase_user()
    connections = world.connect("ana", 0, 1)
    [other] = world.connect("chloe", owner=BERT)
    world.dashboard.users.add(BERT)
    offer = world.consent("ana")
    assert isinstance(offer, Choosing)
    state = world.state_of(ANNA)
    erased = erase(ANNA)
    assert (erased.connections, erased.grants) == (2, 1), "the newer grant took over from the first"
    assert world.listed() == []
    assert world.rows_of() == []
    assert world.grant_of(other).health == Active()
    assert world.complete(ANNA, BROWSER, state=state, code=world.code("ana")) == Failed(ConsentFailure.INVALID_STATE)
    assert world.revoke() == 1
    assert [world.shown(c.id) for c in connections] == [None, None]
    [note] = world.removals.noted(world.identity_record.read().id)
    assert isinstance(note, UserErased)


def test_what_a_user_could_choose_from_is_erased() -> None:
    world = MirroredWorld()
    offer = world.consent("ana")
    assert isinstance(offer, Choosing)
    offered = world.select.offered(ANNA, offer.offer)
    assert world.container.erase_user()(ANNA).grants == 1
    with pytest.raises(OfferExpired):
        world.select(ANNA, offer.offer, [a.id for a in offered.selectable])
    assert world.revoke() == 1


def test_erasing_twice_is_as_good_as_once() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    assert world.container.erase_user()(ANNA).grants == 1
    assert world.container.erase_user()(ANNA).grants == 0
    assert world.revoke() == 1


def test_a_consent_that_is_being_completed_meanwhile_connects_nothing() -> None:
    world = MirroredWorld()
    state = world.state_of(ANNA)

    def erase() -> None:
        world.container.erase_user()(ANNA)

    world.platform.on_reach = erase
    assert world.complete(ANNA, BROWSER, state=state, code=world.code("chloe")) == Failed(ConsentFailure.INVALID_STATE)
    assert world.listed() == []
    assert world.revoke() == 1
    assert world.machine.live_refresh_tokens() == 0


def test_a_user_who_connected_while_the_dashboard_is_away_is_erased_there_later() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    world.dashboard.away = True
    world.container.erase_user()(ANNA)
    world.dashboard.away = False
    assert len(world.rows_of()) == 1
    world.look()
    assert world.rows_of() == []


def test_the_grant_of_an_erased_user_has_no_tokens() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    grant = world.grant_of(connection).id
    world.container.erase_user()(ANNA)
    assert (world.grant(grant).health, world.grant(grant).tokens) == (Revoked(), None)
