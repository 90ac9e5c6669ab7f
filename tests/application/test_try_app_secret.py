"""Whether the platform takes the app's id and secret: what doctor asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.tiktok_simulator.config import Config
from application.try_app_secret import NotTaken, Taken, Untried
from domain.database_hold import Held, WentBack
from domain.ids import AppId
from domain.outcomes import Failure, Misconfigured, NotPermitted, Throttled, Unavailable
from support.world import ANNA, BERT, World


def test_a_right_secret_is_taken() -> None:
    world = World()
    world.connect("chloe")
    probes = world.platform.probes
    assert world.container.try_app_secret()() == Taken()
    assert (world.platform.probes, world.platform.refreshes) == (probes + 1, 0)


@pytest.mark.parametrize("profile", ["rotating", "long-term"])
def test_a_wrong_secret_is_found_out_and_nothing_is_spent(profile: str) -> None:
    world = World(config=Config().but(profile=profile))
    world.connect("chloe")
    world.platform.secret = "another"
    assert isinstance(world.container.try_app_secret()(), NotTaken)
    world.budget.stop = Misconfigured("secret")  # as this process's budget has it from then on
    assert isinstance(world.container.try_app_secret()(), NotTaken)
    assert world.platform.refreshes == 0


def test_without_a_stored_token_there_is_no_telling() -> None:
    assert World().container.try_app_secret()() == Untried()


def test_tokens_that_have_ended_or_are_another_apps_are_not_tried() -> None:
    world = World()
    world.connect("chloe")
    world.pass_time(hours=25)
    probes = world.platform.probes
    assert world.container.try_app_secret()() == Untried()
    world.connect("ana", 0, owner=BERT)
    world.platform.app = AppId("another")
    assert world.container.try_app_secret()() == Untried()
    assert world.platform.probes == probes + 1, "at Bert's consent"


def test_a_token_that_is_dead_says_nothing_and_the_next_one_is_tried() -> None:
    world = World()
    world.connect("chloe", owner=ANNA)
    world.connect("ana", 0, owner=BERT)
    world.machine.revoke_user("chloe")
    assert world.container.try_app_secret()() == Taken()
    world.machine.revoke_user("ana")
    assert world.container.try_app_secret()() == Untried()


@pytest.mark.parametrize("failure", [Unavailable("away"), Throttled()])
def test_what_keeps_it_from_being_tried_is_told(failure: Failure) -> None:
    world = World()
    world.connect("chloe")
    world.platform.away = failure
    assert world.container.try_app_secret()() == Untried(failure)
    world.platform.away, world.budget.stop = None, failure
    assert world.container.try_app_secret()() == Untried(failure)


def test_a_scope_that_is_missing_is_no_wrong_secret() -> None:
    world = World()
    world.connect("chloe")
    world.platform.unlisted = NotPermitted(40001)
    assert world.container.try_app_secret()() == Taken()


def test_nothing_is_tried_while_the_database_is_on_hold() -> None:
    world = World()
    world.connect("chloe")
    world.identity_record.change(lambda known, now: replace(known, hold=WentBack(now, now)))
    world.pass_time(seconds=2)
    probes, outcome = world.platform.probes, world.container.try_app_secret()()
    assert isinstance(outcome, Untried)
    assert isinstance(outcome.obstacle, Held)
    assert world.platform.probes == probes
