from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.sql.database import open_database
from domain.errors import CannotOpen
from domain.seal_place import SealPlace
from domain.tokens import Sealed, Secret, TokenKind
from entrypoints.operations import BrokerUnavailable
from support.http_application import House


class NoBroker:
    def check(self) -> None:
        raise BrokerUnavailable


class HangingBroker:
    """Answers nobody until it is let go."""

    def __init__(self) -> None:
        self.readiness_checks, self.begun, self._gone = 0, threading.Event(), threading.Event()

    def check(self) -> None:
        self.readiness_checks += 1
        self.begun.set()
        assert self._gone.wait(30)

    def let_go(self) -> None:
        self._gone.set()


class LockedSealer(AesGcmSealer):
    def open(self, sealed: Sealed, place: SealPlace, kind: TokenKind) -> Secret:
        raise CannotOpen("locked", place.grant)


@pytest.fixture
def hanging() -> Iterator[HangingBroker]:
    broker = HangingBroker()
    yield broker
    broker.let_go()


def test_the_process_is_alive_whatever_else_is_not(house: House) -> None:
    house.world.database.away = True
    answer = house.get("/health/live", owner=None)
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_a_probe_may_ask_for_the_head_alone(house: House) -> None:
    for path in "/health/live", "/health/ready":
        answer = house.client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
    house.world.database.away = True
    assert house.client.head("/health/ready").status_code == 503


def test_with_everything_well_it_is_ready(house: House) -> None:
    answer = house.get("/health/ready", owner=None)
    checks = {
        "database": "ok",
        "schema": "ok",
        "keys": "ok",
        "broker": "ok",
        "beat": "ok",
        "journal": "ok",
        "identity": "ok",
        "calls": "ok",
    }
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": checks})


def test_with_the_database_away_it_is_not_ready_and_recovers_by_itself(house: House) -> None:
    house.world.database.away = True
    answer = house.get("/health/ready", owner=None)
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "failed")
    house.world.database.away = False
    assert house.get("/health/ready", owner=None).status_code == 200


def test_with_another_schema_it_is_not_ready(house: House, tmp_path: Path) -> None:
    house.container.database.override(open_database(f"sqlite:///{tmp_path / 'empty.db'}"))
    answer = house.get("/health/ready", owner=None)
    assert (answer.status_code, answer.json()["checks"]["schema"]) == (503, "failed")


def test_with_keys_that_do_not_work_it_is_not_ready(house: House) -> None:
    house.container.sealer.override(LockedSealer(KeyRing.of([("k1", bytes(32))])))
    answer = house.get("/health/ready", owner=None)
    assert (answer.status_code, answer.json()["checks"]["keys"]) == (503, "failed")


def test_without_the_broker_it_is_ready_and_says_so(house: House) -> None:
    house.container.broker.override(NoBroker())
    answer = house.get("/health/ready", owner=None)
    assert (answer.status_code, answer.json()["checks"]["broker"]) == (200, "degraded")


def test_without_a_journal_it_is_ready_and_says_so(house: House) -> None:
    house.world.journal.full = True
    answer = house.get("/health/ready", owner=None)
    assert (answer.status_code, answer.json()["checks"]["journal"]) == (200, "degraded")


def test_a_look_that_hangs_is_begun_once_and_takes_nothing_from_requests_or_other_looks(
    house: House, hanging: HangingBroker
) -> None:
    house.container.broker.override(hanging)
    with ThreadPoolExecutor(40) as probes:
        asked = [probes.submit(house.get, "/health/ready", owner=None) for _ in range(40)]
        assert hanging.begun.wait(10)
        for path in "/health/live", "/api/platforms":
            began = time.monotonic()
            assert house.get(path).status_code == 200
            assert time.monotonic() - began < 3
        for answer in [one.result() for one in asked]:
            checks = {
                "database": "ok",
                "schema": "ok",
                "keys": "ok",
                "broker": "degraded",
                "beat": "ok",
                "journal": "ok",
                "identity": "ok",
                "calls": "ok",
            }
            assert (answer.status_code, answer.json()["checks"]) == (200, checks)
    assert hanging.readiness_checks == 1


def test_a_look_that_hung_is_begun_again_once_it_has_ended(house: House, hanging: HangingBroker) -> None:
    house.container.broker.override(hanging)
    assert house.get("/health/ready", owner=None).json()["checks"]["broker"] == "degraded"
    hanging.let_go()
    assert house.get("/health/ready", owner=None).json()["checks"]["broker"] == "ok"
    house.container.broker.override(NoBroker())
    assert house.get("/health/ready", owner=None).json()["checks"]["broker"] == "degraded"


def test_a_beat_whose_messages_stopped_is_reported_and_requests_are_served(house: House) -> None:
    heartbeats = house.container.heartbeats()
    heartbeats.beat("beat", "host", 1)
    heartbeats.beat("worker", "host", 2)
    assert house.get("/health/ready", owner=None).json()["checks"]["beat"] == "ok"
    house.world.clock.advance(timedelta(minutes=2))
    answer = house.get("/health/ready", owner=None)
    assert (answer.status_code, answer.json()["checks"]["beat"]) == (200, "degraded")


def test_workers_without_any_beat_are_reported(house: House) -> None:
    house.container.heartbeats().beat("worker", "host", 2)
    assert house.get("/health/ready", owner=None).json()["checks"]["beat"] == "degraded"
