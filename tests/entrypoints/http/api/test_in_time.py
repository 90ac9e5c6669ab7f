"""What a person waits for ends before Next.js gives up, and what has begun comes to its end all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from entrypoints.http.api import connect
from support.http_application import House
from support.processes import eventually


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "ANSWER_WITHIN", timedelta(milliseconds=200))


class Hold:
    """Holds whoever calls it until it is released."""

    def __init__(self) -> None:
        self._released = threading.Event()

    def __call__(self, *_: object, **__: object) -> None:
        self._released.wait(20)

    def release(self) -> None:
        self._released.set()


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Something slow."""
    one = Hold()
    yield one
    one.release()


def test_a_callback_whose_exchange_takes_too_long_is_answered_and_connects_all_the_same(house: House, hold: Hold) -> None:
    house.world.platform.on_exchange = hold
    path, query = house.consent("chloe")
    assert (path, query["code"]) == ("/dashboard/platforms", "TIKTOK_UNAVAILABLE")
    hold.release()
    eventually(lambda: bool(house.get("/api/platforms").json()["connections"]))


def test_the_repeat_of_a_callback_is_answered_in_time_too(house: House, hold: Hold) -> None:
    house.world.platform.on_exchange = hold
    state, browser = house.begin()
    code = house.world.code("chloe").reveal()
    for _ in range(2):
        assert house.come_back(state, browser, auth_code=code)[1]["code"] == "TIKTOK_UNAVAILABLE"


def test_a_list_of_accounts_that_takes_too_long_is_no_longer_waited_for(house: House, hold: Hold) -> None:
    house.world.platform.on_reach = hold
    assert house.consent("ana")[1]["code"] == "TIKTOK_UNAVAILABLE"


@pytest.mark.parametrize(("mode", "status"), [("navigate", 307), ("", 503)])
def test_a_consent_that_can_not_be_begun_in_time_is_told(
    open_house: Callable[..., House], hold: Hold, mode: str, status: int
) -> None:
    house = open_house()
    house.container.begin_connect.override(hold)
    answer = house.get("/api/auth/tiktok", **({"Sec_Fetch_Mode": mode} if mode else {}))
    assert answer.status_code == status
    assert "UNAVAILABLE" in answer.headers.get("location", answer.text)
