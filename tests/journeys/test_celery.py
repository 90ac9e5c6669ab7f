"""Worker and beat as processes of their own, over real brokers and a TikTok whose tokens are short-lived."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from domain.grant import Grant
from domain.ids import ConnectionId, OwnerId
from support import servers
from support.deployment import SERVICE_TOKEN, Deployment, deployment
from support.processes import BARE, eventually

MINUTE = 60
LIFE, SHORT_LIFE, SHORTER_LIFE = 20, 10, 6
"""Seconds that an access token lives here."""

SWEEPS, FAST_SWEEPS = {"SWEEP_INTERVAL_SECONDS": "2"}, {"SWEEP_INTERVAL_SECONDS": "1"}


def vend(here: Deployment, connection: ConnectionId) -> httpx.Response:
    return httpx.post(
        f"{here.address}/api/internal/tiktok/access-token",
        json={"connectionId": connection},
        headers={"Authorization": f"Bearer {SERVICE_TOKEN}"},
        timeout=10,
    )


def port_of(here: Deployment) -> str:
    return here.address.rpartition(":")[2]


@pytest.mark.timeout(12 * MINUTE)
def test_a_short_lived_token_is_valid_at_every_second(tmp_path: Path, *, long: bool) -> None:
    """Of 10 seconds, for a little more than its life; at length of 20 seconds, for ten minutes. A life is ten sweeps."""
    life, sweeps, seconds = (LIFE, SWEEPS, 10 * MINUTE) if long else (SHORT_LIFE, FAST_SWEEPS, SHORT_LIFE + 2)
    with deployment(tmp_path, environ=sweeps, access_token_seconds=life) as here, ExitStack() as processes:
        connection = here.connect()
        for command in (("serve", "--port", port_of(here)), ("worker",), ("beat",)):
            processes.enter_context(here.start(*command))
        eventually(lambda: answers(here))
        began = time.monotonic()
        for second in range(1, seconds + 1):
            time.sleep(max(began + second - time.monotonic(), 0))
            answer = vend(here, connection)
            assert answer.status_code == 200, answer.text
            assert answer.json()["degraded"] is False
            assert here.tiktok.control.is_live(answer.json()["accessToken"]) == [True]
        stats = here.tiktok.control.stats()
        assert (stats["reuses"], stats["familiesRevoked"], stats["throttled"]) == (0, 0, 0)
        assert stats["refreshes"] >= seconds // life
        assert here.container.heartbeats().latest("worker") is not None
        assert here.container.heartbeats().latest("beat") is not None


def answers(here: Deployment) -> bool:
    try:
        return httpx.get(f"{here.address}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("pool", ["threads", "prefork", "solo"])
def test_a_worker_sweeps_as_soon_as_it_starts_whatever_its_pool(pool: str, tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        connection = here.connect()
        here.make_all_due()
        with here.start("worker", "--pool", pool) as worker:
            eventually(lambda: here.generation(connection) == 2, why=worker.told)
            assert worker.terminate() == 0
    assert "Traceback" not in worker.told()


@pytest.mark.timeout(3 * MINUTE)
@pytest.mark.parametrize("broker", ["redis_server", "rabbitmq_server", None])
def test_two_workers_and_two_beats_share_a_broker_on_one_machine(
    broker: str | None, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server = {"CELERY_BROKER_URL": request.getfixturevalue(broker).url()} if broker else {}
    with ExitStack() as running, deployment(tmp_path, environ=FAST_SWEEPS | server, access_token_seconds=SHORTER_LIFE) as here:
        connection = here.connect()
        names = ("worker", "worker", "beat", "beat")
        processes = [running.enter_context(here.start(name, name=f"{name}-{n}")) for n, name in enumerate(names)]
        for worker in processes[:2]:
            worker.says(" ready.")
        eventually(lambda: here.generation(connection) >= 3, why=processes[0].told)
        assert here.run("doctor").returncode == 0
        assert len(nodes_that_answer(here, 2)) == 2
        for process in processes:
            process.process.terminate()
        assert [process.process.wait(40) for process in processes] == [0, 0, 0, 0]
        assert here.tiktok.control.stats()["reuses"] == 0
        assert [process.log.name for process in processes if "Traceback" in process.told()] == []
    assert (tmp_path / ".data/broker").exists() is (broker is None)


def nodes_that_answer(here: Deployment, count: int) -> set[str]:
    """Names of the workers that answer Celery's remote control: the first ones, or those that do within 20 s."""
    program = (
        "from entrypoints.worker.app import app; "
        f"print(*(name for answer in app.control.ping(timeout=20, limit={count}) for name in answer))"
    )
    command = [sys.executable, "-P", "-c", program]
    return set(subprocess.check_output(command, cwd=here.folder, env={**BARE, **here.environ}, text=True).split())


def test_without_a_broker_everything_works_the_sweeps_too(tmp_path: Path) -> None:
    with servers.redis_server() as redis, ExitStack() as processes:
        redis.kill()
        environ = {**FAST_SWEEPS, "CELERY_BROKER_URL": redis.url()}
        here = processes.enter_context(deployment(tmp_path, environ=environ, access_token_seconds=SHORTER_LIFE))
        connection = here.connect()
        processes.enter_context(here.start("serve", "--port", port_of(here)))
        worker, beat = processes.enter_context(here.start("worker")), processes.enter_context(here.start("beat"))
        eventually(lambda: answers(here))
        worker.says("Cannot connect to redis")
        assert httpx.get(f"{here.address}/health/ready").json()["checks"]["broker"] == "degraded"
        assert vend(here, connection).status_code == 200
        before = here.generation(connection)
        assert here.run("refresh", "--connection", connection).returncode == 0
        assert here.generation(connection) > before
        before = here.generation(connection)
        eventually(lambda: here.generation(connection) >= before + 2, why=worker.told)  # by nobody's message
        redis.start()
        eventually(lambda: here.container.heartbeats().age("beat"), why=beat.told)
        assert (worker.terminate(), beat.terminate()) == (0, 0)


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_worker_that_is_told_to_stop_in_the_middle_of_a_sweep_loses_nothing(pool: str, tmp_path: Path) -> None:
    owners = [f"owner-{n}" for n in range(24)]
    with deployment(tmp_path, environ={"TIKTOK_QPS": "1000"}) as here:
        connections = [here.connect(owner) for owner in owners]
        here.make_all_due()
        here.tiktok.control.configure(latency_ms=1500)
        here.environ["TIKTOK_QPS"] = "5"
        with here.start("worker", "--pool", pool) as worker:
            eventually(lambda: here.tiktok.control.stats()["maxInFlight"] >= 2, why=worker.told)
            assert worker.terminate() == 0
        here.tiktok.control.configure(latency_ms=0)
        grants = [grant for owner in owners for grant in grants_of(here, owner)]
        stats = here.tiktok.control.stats()
        assert [grant for grant in grants if grant.schedule.attempt or grant.schedule.in_doubt] == []
        assert {grant.generation for grant in grants} == {1, 2}  # some were under way, others not sent yet
        assert stats["refreshes"] == sum(grant.generation - 1 for grant in grants)
        here.environ["TIKTOK_QPS"] = "1000"
        assert here.run("refresh", "--all").returncode == 0
        assert here.tiktok.control.stats()["reuses"] == 0
        assert all(here.generation(connection) >= 2 for connection in connections)


def grants_of(here: Deployment, owner: str) -> list[Grant]:
    with here.container.store().read() as work:
        found: list[Grant] = work.grants.of_owner(OwnerId(owner))
    return found
