"""The whole application over memory: what is in it, and that nothing of it leaves the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from dependency_injector import providers
from litestar.testing import TestClient

from adapters.memory.ad_platform import MemoryAdPlatform, Verb
from adapters.memory.clock import MemoryClock
from adapters.tiktok_simulator.config import Config
from adapters.tiktok_simulator.state import SimulatorState
from adapters.tiktok_simulator.token_state_machine import Machine
from application.rotation.claim_results import Ended
from application.vend_token import ByAccount, Vended
from domain.consent import Connected
from domain.ids import AdvertiserId, OwnerId
from domain.outcomes import InDoubt, Throttled
from domain.tokens import Secret
from entrypoints.testing import SHOPS, ApplicationOverMemory, application_over_memory, memory_settings
from support.simulator_as_ad_platform import SimulatorAsAdPlatform

ANNA = OwnerId("anna")
SHOP = SHOPS[0]
IN_PROCESS = (
    "adapters.memory.",
    "adapters.null.",
    "adapters.crypto.",
    "adapters.clock",
    "adapters.ids_and_nonces",
    "adapters.budget.process_budget",
    "adapters.rate_limits.shared_rate_limits",
)
A_SECOND = timedelta(seconds=1)


def connect(product: ApplicationOverMemory[MemoryAdPlatform]) -> None:
    """Anna connects one shop."""
    [state] = parse_qs(urlsplit(product.container.begin_connect()(ANNA, "a browser")).query)["state"]
    approval = product.platform.consent([SHOP.id])
    ending = product.container.complete_connect()(ANNA, "a browser", state=state, code=approval)
    assert isinstance(ending, Connected)


@contextmanager
def a_client(product: ApplicationOverMemory[Any]) -> Iterator[TestClient[Any]]:
    with TestClient(product.app, base_url="https://dashboard.test") as client:
        yield client


def test_every_adapter_of_the_container_is_one_of_this_process() -> None:
    container = application_over_memory().container
    made = {name: provider() for name, provider in container.providers.items() if not isinstance(provider, providers.Factory)}
    adapters = {
        name: type(made_of).__module__ for name, made_of in made.items() if type(made_of).__module__.startswith("adapters.")
    }
    assert len(adapters) > 10
    assert {name: module for name, module in adapters.items() if not module.startswith(IN_PROCESS)} == {}


def test_it_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    product = application_over_memory()
    connect(product)
    with a_client(product) as client:
        assert client.get("/health/ready").json()["status"] == "ready"
        assert client.get("/dashboard/platforms", headers=product.signed_in(ANNA)).status_code == 200
    assert list(tmp_path.iterdir()) == []


def test_a_connection_is_rotated_when_its_time_has_come_and_not_before() -> None:
    product = application_over_memory()
    connect(product)
    sweep, rotated = product.container.sweep_due_grants(), []
    for hours in (9, 3):
        product.pass_time(hours=hours)
        rotated.append(sweep(for_at_most=A_SECOND).count(Ended.ROTATED))
    assert rotated == [0, 1]


def test_a_planned_accident_reaches_the_use_cases() -> None:
    product = application_over_memory()
    connect(product)
    product.pass_time(hours=12)
    product.platform.plan(Verb.REFRESH, InDoubt("lost"), carried_out=False)
    endings = []
    for _ in range(2):
        endings += [swept.ended for swept in product.container.sweep_due_grants()(for_at_most=A_SECOND).swept.values()]
        product.pass_time(minutes=5)
    assert endings == [Ended.IN_DOUBT, Ended.ROTATED]


def test_a_throttled_app_is_told_so_over_http() -> None:
    product = application_over_memory()
    connect(product)
    product.platform.plan(Verb.REFRESH, Throttled(timedelta(minutes=2)))
    with a_client(product) as client:
        me = product.signed_in(ANNA)
        [row] = client.get("/api/platforms", headers=me).json()["connections"]
        answer = client.post("/api/auth/tiktok/refresh", json={"connectionId": row["id"]}, headers=me)
    assert (answer.status_code, answer.json()["code"]) == (429, "TIKTOK_THROTTLED")


def test_a_database_that_is_away_is_noticed_by_every_door() -> None:
    product = application_over_memory()
    product.database.away = True
    with a_client(product) as client:
        assert client.get("/health/ready").json()["checks"]["database"] == "failed"
        assert client.get("/api/platforms", headers=product.signed_in(ANNA)).json()["code"] == "UNAVAILABLE"


def test_a_platform_of_ones_own_takes_the_place_of_the_one_in_memory() -> None:
    clock = MemoryClock()
    simulated = SimulatorAsAdPlatform(Machine(clock=clock, config=Config(), state=SimulatorState(seed="00" * 16)))
    product = application_over_memory(platform=simulated, clock=clock)
    [state] = parse_qs(urlsplit(product.container.begin_connect()(ANNA, "a browser")).query)["state"]
    [account] = simulated.machine.accounts("chloe")
    code = product.platform.machine.grant_code("chloe", [account.advertiser_id])
    assert isinstance(product.container.complete_connect()(ANNA, "a browser", state=state, code=Secret(code)), Connected)
    vended = product.container.vend_token()(ByAccount(ANNA, AdvertiserId(account.advertiser_id)))
    assert isinstance(vended, Vended)


def test_settings_are_given_as_a_deployment_gives_them() -> None:
    product = application_over_memory(memory_settings(CRON_SECRET=None, TIKTOK_QPS="50"))
    assert product.container.settings().tiktok.qps == 50
    with a_client(product) as client:
        assert client.post("/api/cron/tiktok-refresh").status_code == 404


def test_each_application_has_secrets_of_its_own() -> None:
    first, second = (application_over_memory().container.settings() for _ in range(2))
    assert first.tiktok.app_secret != second.tiktok.app_secret
    assert first.encryption_keys != second.encryption_keys


def test_nobody_is_signed_in_where_no_jwt_is_accepted() -> None:
    with pytest.raises(ValueError, match="AUTH_JWT_KEY"):
        application_over_memory(memory_settings(AUTH_JWT_KEY=None)).signed_in(ANNA)
