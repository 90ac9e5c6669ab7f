"""The product over a PgBouncer that pools transactions, and over a server that turns read-only for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

from support import servers
from support.deployment import SERVICE_TOKEN, Deployment, deployment
from support.processes import eventually


@contextmanager
def serving(here: Deployment) -> Iterator[None]:
    with here.start("serve", "--port", here.address.rpartition(":")[2]) as serve:
        serve.says("listening at")
        eventually(lambda: readiness(here)["status"] == 200, why=serve.told)
        yield
        assert serve.terminate() == 0


def readiness(here: Deployment) -> dict[str, object]:
    try:
        answer = httpx.get(f"{here.address}/health/ready", timeout=20)
    except httpx.TransportError:
        return {"status": 0}
    return {"status": answer.status_code, **answer.json()["checks"]}


def vend(here: Deployment, connection: str) -> int:
    headers, body = {"Authorization": f"Bearer {SERVICE_TOKEN}"}, {"connectionId": connection}
    return httpx.post(f"{here.address}/api/internal/tiktok/access-token", json=body, headers=headers, timeout=20).status_code


def test_everything_works_with_a_pgbouncer_in_front(postgres_server: servers.Postgres, tmp_path: Path) -> None:
    with servers.pgbouncer(postgres_server, sessions=2) as bouncer:
        url = bouncer.url(postgres_server.new_database())
        with deployment(tmp_path, environ={"DATABASE_URL": url, "SWEEP_INTERVAL_SECONDS": "1"}) as here:
            assert here.run("migrate").returncode == 0
            assert "ok    database" in here.run("doctor").stdout
            connection = here.connect()
            here.make_all_due()
            with serving(here), here.start("worker") as worker, here.start("beat"):
                eventually(lambda: here.generation(connection) >= 2, why=worker.told)
                assert vend(here, connection) == 200
                assert worker.terminate() == 0
            with serving(here):
                assert vend(here, connection) == 200
            assert '"active"' in here.run("status", "--json").stdout


def test_a_server_that_only_reads_is_told_and_then_forgotten(postgres_server: servers.Postgres, tmp_path: Path) -> None:
    url = postgres_server.new_database()
    with deployment(tmp_path, environ={"DATABASE_URL": url}) as here:
        connection = here.connect()
        with serving(here):
            administer(url, only_reads=True)
            eventually(lambda: readiness(here).get("database") == "failed", why=lambda: str(readiness(here)))
            assert vend(here, connection) == 200, "what is valid is served"
            assert "leads to the primary" in here.run("doctor").stdout
            administer(url, only_reads=False)
            eventually(lambda: readiness(here)["status"] == 200, why=lambda: str(readiness(here)))
            assert "leads to the primary" not in here.run("doctor").stdout


def administer(url: str, *, only_reads: bool) -> None:
    """Sessions are ended as a fail-over ends them; the new ones are as the server is then."""
    name = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {'on' if only_reads else 'off'}")
        if only_reads:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
