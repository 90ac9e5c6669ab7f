"""A call goes out in its turn or not at all: a late one would fall among others', and go beyond the budget with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.ports.budget import LATEST, Lane, Permits
from application.rotate_grant import Rotated
from application.steps.one_call import TURNS
from domain.errors import PlatformThrottled
from domain.ids import AppId
from domain.outcomes import Failure
from world import ANNA, FreeBudget, World


class SlowMachine(FreeBudget):
    """Between the claim and the sending some calls are held up."""

    def __init__(self) -> None:
        super().__init__()
        self.delays: list[timedelta] = []
        self.taken = 0
        self.world = World(given_budget=self)

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta) -> Permits:
        self.taken += 1
        return super().take(app, wanted, lane, within=within)

    def stopped(self, app: AppId) -> Failure | None:
        if self.delays:
            self.world.clock.advance(self.delays.pop(0))
        return super().stopped(app)


def test_a_click_that_misses_its_turn_takes_another() -> None:
    machine = SlowMachine()
    world = machine.world
    [acme] = world.connect("chloe")
    machine.taken, machine.delays = 0, [2 * LATEST] * (TURNS - 1)
    assert isinstance(world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now()), Rotated)
    assert (machine.taken, world.platform.refreshes) == (TURNS, 1)


def test_who_misses_every_turn_is_asked_to_come_back() -> None:
    machine = SlowMachine()
    world = machine.world
    [acme] = world.connect("chloe")
    machine.delays = [2 * LATEST] * TURNS
    with pytest.raises(PlatformThrottled):
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert world.platform.refreshes == 0
    assert not world.grant_of(acme).in_flight(world.clock.now())
    assert not world.grant_of(acme).renewal.in_doubt


def test_a_sweep_sends_nothing_that_is_late_and_claims_it_again() -> None:
    machine = SlowMachine()
    world = machine.world
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    machine.delays = [2 * LATEST]
    world.sweep()
    world.sweep()
    assert (world.platform.refreshes, world.grant_of(acme).generation) == (1, 2)


def test_a_call_within_its_turn_is_sent() -> None:
    machine = SlowMachine()
    world = machine.world
    [acme] = world.connect("chloe")
    machine.delays = [LATEST]
    assert isinstance(world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now()), Rotated)
    assert world.platform.refreshes == 1
