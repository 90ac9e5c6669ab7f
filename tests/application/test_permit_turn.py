"""A call goes out in its turn or not at all: a late one would fall among others', and go beyond the budget with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.ports.budget import Lane, Permits
from application.rotate_grant import Rotated
from application.rotation.permit_turn import LATEST_DEPARTURE, TURNS
from domain.errors import PlatformUnavailable
from domain.ids import AppId, OwnerId
from support.world import ANNA, FreeBudget, World


class SlowMachine(FreeBudget):
    """Every turn is a second away; and a few times whoever waits for one sleeps too long."""

    def __init__(self) -> None:
        super().__init__()
        self.held_up = self.taken = 0
        self.world = World(given_budget=self)
        self.world.clock.on_sleep = self.sleep_too_long

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta, person: OwnerId | None = None) -> Permits:
        self.taken += 1
        return Permits(wanted, timedelta(seconds=1))

    def sleep_too_long(self) -> None:
        if self.held_up:
            self.held_up -= 1
            self.world.clock.advance(timedelta(seconds=1) + LATEST_DEPARTURE)


def test_a_click_that_misses_its_turn_takes_another() -> None:
    machine = SlowMachine()
    world = machine.world
    [acme] = world.connect("chloe")
    machine.taken, machine.held_up = 0, TURNS - 1
    assert isinstance(world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now()), Rotated)
    assert (machine.taken, world.platform.refreshes) == (TURNS, 1)


def test_who_misses_every_turn_is_asked_to_come_back_and_nothing_is_sent() -> None:
    machine = SlowMachine()
    world = machine.world
    [acme] = world.connect("chloe")
    machine.held_up = TURNS
    with pytest.raises(PlatformUnavailable):
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert world.platform.refreshes == 0
    assert not world.grant_of(acme).in_flight(world.clock.now())
    assert not world.grant_of(acme).schedule.in_doubt


def test_a_sweep_that_is_always_held_up_for_one_turn_gets_its_work_done() -> None:
    machine = SlowMachine()
    world = machine.world
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    machine.taken, machine.held_up = 0, 1
    world.sweep()
    assert (machine.taken, world.platform.refreshes, world.grant_of(acme).generation) == (2, 1, 2)


def test_a_call_in_its_turn_takes_no_other() -> None:
    machine = SlowMachine()
    world = machine.world
    [acme] = world.connect("chloe")
    machine.taken = 0
    assert isinstance(world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now()), Rotated)
    assert (machine.taken, world.platform.refreshes) == (1, 1)
