from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adapters.crypto.aes_gcm import AesGcmSealer
from adapters.crypto.keyring import KeyRing
from domain.errors import CannotOpen
from domain.ids import GrantId
from domain.tokens import Sealed, Secret, TokenKind
from entrypoints.container import BrokerUnavailable
from http_house import House


class NoBroker:
    def check(self) -> None:
        raise BrokerUnavailable


class LockedSealer(AesGcmSealer):
    def open(self, sealed: Sealed, grant: GrantId, kind: TokenKind) -> Secret:
        raise CannotOpen


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
    checks = {"database": "ok", "schema": "ok", "keys": "ok", "broker": "ok", "journal": "ok"}
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": checks})


def test_with_the_database_away_it_is_not_ready_and_recovers_by_itself(house: House) -> None:
    house.world.database.away = True
    answer = house.get("/health/ready", owner=None)
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "failed")
    house.world.database.away = False
    assert house.get("/health/ready", owner=None).status_code == 200


def test_with_another_schema_it_is_not_ready(open_house: Callable[..., House], tmp_path: Path) -> None:
    answer = open_house(DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}").get("/health/ready", owner=None)
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
