"""What the log says of an outage of the platform."""

from __future__ import annotations

import logging

import pytest

from domain.outcomes import Failure, InDoubt, Misconfigured, Reason, Refused, Throttled, Unavailable
from support.world import World


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "application.rotation.outage_log")
    return caplog


def lines(told: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in told.records if r.name == "application.rotation.outage_log"]


def learn(world: World, failure: Failure | None, *, seconds: float = 0) -> None:
    world.pass_time(seconds=seconds)
    world.container.budget().learn(world.platform.app, failure)


@pytest.mark.parametrize("failure", [Unavailable("connection refused"), InDoubt("time-out")])
def test_tiktok_away_for_more_than_a_minute_is_told_once_and_so_is_its_return(
    failure: Failure, told: pytest.LogCaptureFixture
) -> None:
    world = World()
    for _ in range(7):
        learn(world, failure, seconds=10)
    assert lines(told) == []
    for _ in range(7):
        learn(world, failure, seconds=10)
    assert lines(told) == ["TikTok is away: no call was answered for more than a minute"]
    learn(world, None, seconds=10)
    learn(world, None, seconds=10)
    assert lines(told)[1:] == ["TikTok is back: calls are answered again"]


@pytest.mark.parametrize("answer", [None, Refused(Reason.REFRESH_TOKEN_REFUSED, 40107), Throttled(), Misconfigured("secret")])
def test_any_answer_in_between_says_that_tiktok_is_there(answer: Failure | None, told: pytest.LogCaptureFixture) -> None:
    world = World()
    for _ in range(10):
        learn(world, Unavailable("reset"), seconds=50)
        learn(world, answer, seconds=1)
    assert lines(told) == []


def test_a_second_outage_is_told_again(told: pytest.LogCaptureFixture) -> None:
    world = World()
    for _ in range(2):
        learn(world, Unavailable("reset"))
        learn(world, Unavailable("reset"), seconds=61)
        learn(world, None)
    assert len(lines(told)) == 4
