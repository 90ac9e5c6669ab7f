"""Disconnecting, and what becomes of a grant whose last account is gone."""

from __future__ import annotations

import pytest

from application.rotation.claim_results import Ended
from domain.connection_state import ConnectionState
from domain.errors import (
    ConnectionNotFound,
)
from domain.grant_health import Active, Revoked
from domain.ids import ConnectionId
from support.world import ANNA, BERT, World


def test_disconnecting_in_mid_rotation_erases_the_grant_and_revokes_the_late_pair() -> None:
    world = World()
    [acme] = world.connect("chloe")
    claim, grant = world.claim(acme), world.grant_of(acme).id
    disconnected: list[bool] = []
    world.platform.on_refresh = lambda: disconnected.append(world.disconnect(ANNA, acme.id))
    assert world.carry_out(claim, taken_at=world.clock.monotonic()).ended is Ended.OVERTAKEN
    assert disconnected == [True]
    assert (world.grant(grant).health, world.grant(grant).tokens) == (Revoked(), None)
    assert len(world.database.rows.revocations) == 2, "the pair that was erased, and the one that came late"
    assert world.revoke() == 2
    assert world.machine.live_refresh_tokens() == 0


def test_a_late_pair_is_only_erased_when_its_account_was_connected_again_meanwhile() -> None:
    world = World()
    [acme] = world.connect("chloe")
    claim, grant = world.claim(acme), world.grant_of(acme).id

    def disconnect_and_consent_again() -> None:
        world.platform.on_refresh = lambda: None
        world.disconnect(ANNA, acme.id)
        world.connect("chloe")

    world.platform.on_refresh = disconnect_and_consent_again
    world.carry_out(claim, taken_at=world.clock.monotonic())
    assert world.revoke() == 2
    assert world.machine.state.counters.revocations == 0
    assert world.grant(grant).tokens is None
    [view] = world.list_connections(ANNA)
    assert view.state is ConnectionState.OK
    assert world.machine.is_live(world.vend_of(view.connection).access.reveal())


def test_the_last_released_connection_revokes_the_grant() -> None:
    world = World()
    first, second = world.connect("ana", 0, 1)
    grant = world.grant_of(first).id
    assert not world.disconnect(ANNA, first.id)
    assert world.grant(grant).health == Active()
    assert world.disconnect(ANNA, second.id)
    assert world.grant(grant).health == Revoked()
    with pytest.raises(ConnectionNotFound):
        world.disconnect(ANNA, second.id)


def test_foreign_and_unknown_connections_cannot_be_rotated_or_disconnected() -> None:
    world = World()
    [acme] = world.connect("chloe")
    for owner, connection in [(BERT, acme.id), (ANNA, ConnectionId("nobody"))]:
        with pytest.raises(ConnectionNotFound):
            world.rotate(connection, owner=owner, asked_at=world.clock.now())
        with pytest.raises(ConnectionNotFound):
            world.disconnect(owner, connection)
