"""`tiktok-connect demo`, from outside: started, used, stopped, started again, killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from support import servers
from support.processes import Running, alive, children_of, eventually, kept_waiting, run, running

SHORT_LIFE = "10"
HOSTILE = {
    "DATABASE_URL": "mysql://nowhere",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
    "TIKTOK_API_URL": "http://nowhere.invalid",
    "TOKEN_ENCRYPTION_KEYS": "short",
}
"""An environment that the demo ignores."""


@contextmanager
def a_demo(folder: Path, port: int, *options: str) -> Iterator[Running]:
    (folder / ".env").write_text("DASHBOARD_URL=ftp://nowhere\n")
    arguments = ("demo", "--port", str(port), "--access-token-seconds", SHORT_LIFE, *options)
    with running(*arguments, folder=folder, environ=HOSTILE) as demo:
        began = time.monotonic()
        demo.says("stop: Ctrl-C")
        took, children = time.monotonic() - began, children_of(demo.process.pid)
        assert len(children) == 4
        assert took < 10 + sum(map(kept_waiting, [demo.process.pid, *children]))
        try:
            yield demo
        finally:
            demo.kill()
            eventually(lambda: not any(map(alive, children)))


def addresses_told(demo: Running) -> tuple[str, str]:
    """Where the service and the simulator are, by what it printed."""
    found = [word for word in demo.told().split() if word.startswith("http://")]
    return found[0].rstrip("/"), found[1].rstrip("/")


@contextmanager
def a_person(address: str) -> Iterator[Person]:
    headers = {"Origin": address, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=address, headers=headers, timeout=10) as http:
        yield Person(http)


@dataclass(frozen=True)
class Person:
    """A browser of a demo user, without the browser."""

    http: httpx.Client

    def signs_in(self) -> None:
        answer = self.http.post("/login", data={"user": "demo-nora", "callbackUrl": "/dashboard/platforms"})
        assert answer.status_code == 303, answer.text

    def connects(self, tiktok_user: str = "chloe") -> None:
        """Click through TikTok's consent page, all accounts ticked."""
        consent = self.http.get("/api/auth/tiktok").headers["location"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(consent).query).items()}
        with httpx.Client() as elsewhere:
            accounts = elsewhere.get(f"{consent.partition('/portal')[0]}/_sim/accounts").json()[tiktok_user]
            ticked = [account["advertiser_id"] for account in accounts]
            form = {**asked, "user": tiktok_user, "decision": "approve", "advertiser_ids": ticked}
            back = elsewhere.post(consent.partition("?")[0], data=form).headers["location"]
        answer = self.http.get(back)
        assert "success=true" in answer.headers["location"], answer.headers["location"]

    def connection(self) -> dict[str, Any]:
        [connection] = self.http.get("/api/platforms").raise_for_status().json()["connections"]
        found: dict[str, Any] = connection
        return found


def test_the_demo_keeps_tokens_alive_and_finds_everything_again_at_its_second_start(tmp_path: Path) -> None:
    port = servers.free_port()
    with a_person(f"http://127.0.0.1:{port}") as nora:
        with a_demo(tmp_path, port) as demo:
            address, simulator = addresses_told(demo)
            assert address == f"http://127.0.0.1:{port}"
            nora.signs_in()
            nora.connects()
            first = nora.connection()
            eventually(lambda: nora.connection()["generation"] > first["generation"])
            notes = json.loads((tmp_path / ".data/demo.json").read_text())
            token = vend(address, notes["serviceToken"], first["id"])
            assert httpx.post(f"{simulator}/_sim/is-live", json=[token]).json() == [True]
            [exchange] = httpx.get(f"{simulator}/_sim/requests?path=/open_api/v2.0/oauth2/access_token/").json()
            assert exchange["body"]["is_long_term"] is False, "the demo asks for tokens that are renewed"
            assert httpx.get(f"{simulator}/_sim/requests?path=/open_api/v2.0/oauth2/refresh_token/").json()
            assert demo.terminate(signal.SIGINT) == 0
        private = [".data/demo.json", ".data/simulator.json", ".data/tiktok-connect.db", ".data/logs/worker.log"]
        assert [stat.filemode((tmp_path / name).stat().st_mode) for name in private] == ["-rw-------"] * 4
        with a_demo(tmp_path, port) as demo:
            _, simulator = addresses_told(demo)
            again = nora.connection()  # the same session too
            assert again["id"] == first["id"]
            eventually(lambda: nora.connection()["generation"] > again["generation"])
            eventually(lambda: nora.connection()["health"]["state"] == "ok")
            assert httpx.get(f"{simulator}/_sim/stats").json()["reuses"] == 0
            assert demo.terminate() == 0


def vend(address: str, secret: str, connection: str) -> str:
    answer = httpx.post(
        f"{address}/api/internal/tiktok/access-token",
        json={"connectionId": connection},
        headers={"Authorization": f"Bearer {secret}"},
        timeout=10,
    )
    token: str = answer.raise_for_status().json()["accessToken"]
    return token


def test_nothing_of_the_demo_outlives_a_kill_of_its_supervisor(tmp_path: Path) -> None:
    with a_demo(tmp_path, servers.free_port()) as demo:
        children = children_of(demo.process.pid)
        demo.process.send_signal(signal.SIGKILL)
        demo.process.wait()
        eventually(lambda: not any(map(alive, children)))


def test_a_part_that_ends_by_itself_ends_the_demo_and_is_named(tmp_path: Path) -> None:
    with a_demo(tmp_path, servers.free_port()) as demo:
        beat = children_of(demo.process.pid)[-1]
        assert "beat" in (Path("/proc") / str(beat) / "cmdline").read_text()
        os.kill(beat, signal.SIGKILL)
        assert demo.process.wait(60) == 1
        assert "the demo's beat ended by itself" in demo.told()
        assert ".data/logs/beat.log" in demo.told()


def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = run("demo", "--port", str(port), folder=tmp_path)
    assert (answer.returncode, answer.stdout) == (1, "")
    [line] = answer.stderr.splitlines()
    assert str(port) in line
    assert "--port" in line
    assert not (tmp_path / ".data").exists()


@pytest.mark.parametrize("options", [(), ("--fresh",)])
def test_a_data_folder_of_something_else_is_left_alone(options: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data/tiktok-connect.db").write_text("a database of production")
    answer = run("demo", "--port", str(servers.free_port()), *options, folder=tmp_path)
    assert (answer.returncode, "not the demo's" in answer.stderr) == (1, True)
    assert (tmp_path / ".data/tiktok-connect.db").read_text() == "a database of production"


def test_fresh_forgets_and_a_second_demo_in_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data/demo.json").write_text("{}")
    (tmp_path / ".data/left.over").write_text("something")
    port = servers.free_port()
    broken = run("demo", "--port", str(port), folder=tmp_path)
    assert (broken.returncode, "--fresh" in broken.stderr) == (1, True)
    with a_demo(tmp_path, port, "--fresh") as demo:
        assert not (tmp_path / ".data/left.over").exists()
        second = run("demo", "--port", str(servers.free_port()), "--fresh", folder=tmp_path)
        assert (second.returncode, "another demo runs" in second.stderr) == (1, True)
        assert httpx.get(addresses_told(demo)[0] + "/health/live").status_code == 200
