from __future__ import annotations

import signal
import socket
from pathlib import Path

import httpx
import pytest

from support import servers
from support.deployment import deployment
from support.processes import children_of, eventually, run, running


def is_live(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/live").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_listens_where_it_is_told_and_ends_in_order(workers: int, tmp_path: Path) -> None:
    port = servers.free_port()
    address = f"http://127.0.0.1:{port}"
    with deployment(tmp_path) as here, here.start("serve", "--port", str(port), "--workers", str(workers)) as serve:
        eventually(lambda: is_live(address), why=serve.told)
        answer = httpx.get(f"{address}/api/platforms?code=of-nobody", headers={"X-Forwarded-For": "203.0.113.9"})
        assert answer.status_code == 401
        assert "server" not in answer.headers
        children = children_of(serve.process.pid)
        assert len(children) >= (workers if workers > 1 else 0)
        assert serve.terminate() == 0
        assert f"listening at {address}" in serve.told()
        assert "of-nobody" not in serve.told()
        assert "Traceback" not in serve.told()


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_has_limits_on_the_wire_and_keeps_idle_connections_as_told(workers: int, tmp_path: Path) -> None:
    port = servers.free_port()
    environ = {"HTTP_KEEPALIVE_SECONDS": "1"}
    options = ("--port", str(port), "--workers", str(workers))
    with deployment(tmp_path, environ=environ) as here, here.start("serve", *options) as serve:
        eventually(lambda: is_live(f"http://127.0.0.1:{port}"), why=serve.told)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = b""
            while more := client.recv(65_536):  # until the connection is closed, which is idle then
                answer += more
        assert answer.startswith(b"HTTP/1.1 200 ")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(b"GET /health/live HTTP/1.1\r\nX: " + b"a" * 100_000)
            assert client.recv(65_536).startswith(b"HTTP/1.1 431 ")
        serve.terminate()


def test_the_dashboard_is_at_the_services_own_address_unless_told_otherwise(tmp_path: Path) -> None:
    port = servers.free_port()
    with deployment(tmp_path) as here:
        here.environ["TIKTOK_REDIRECT_URI"] = f"http://127.0.0.1:{port}/api/auth/tiktok/callback"
        del here.environ["DASHBOARD_URL"]
        with here.start("serve", "--port", str(port), "--workers", "2") as serve:
            eventually(lambda: is_live(f"http://127.0.0.1:{port}"), why=serve.told)
            location = httpx.get(f"http://127.0.0.1:{port}/dashboard/platforms").headers["location"]
            assert location.startswith(f"http://127.0.0.1:{port}/login")
            serve.terminate(signal.SIGINT)


@pytest.mark.parametrize("command", ["serve", "simulator"])
def test_a_port_that_is_taken_is_told_in_a_sentence(command: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, deployment(tmp_path) as here:
        answer = here.run(command, "--port", str(other.getsockname()[1]))
    [line] = answer.stderr.splitlines()
    assert answer.returncode == 1
    assert "--port" in line


def test_the_simulator_says_where_it_is_and_keeps_its_profile(tmp_path: Path) -> None:
    port = servers.free_port()
    options = ("--port", str(port), "--profile", "long-term", "--access-token-seconds", "77", "--state-file", "state.json")
    with running("simulator", *options, folder=tmp_path) as simulator:
        simulator.says("TIKTOK_AUTH_URL=")
        assert f"TIKTOK_API_URL=http://127.0.0.1:{port}/open_api/v1.3" in simulator.told()
        simulator.says("TIKTOK_APP_SECRET=sim-secret-not-for-production")
        assert "TIKTOK_APP_ID=sim-app" in simulator.told()
        config = httpx.get(f"http://127.0.0.1:{port}/_sim/config").json()
        assert (config["profile"], config["accessTokenSeconds"]) == ("long-term", 77)


def test_the_simulator_does_not_repeat_a_secret_that_it_was_given(tmp_path: Path) -> None:
    options = ("--port", "0", "--app-id", "7123", "--app-secret", "an-app-secret-of-ours")
    with running("simulator", *options, folder=tmp_path) as simulator:
        simulator.says("TIKTOK_APP_SECRET: the one given to this command")
        assert "TIKTOK_APP_ID=7123" in simulator.told()
        assert "an-app-secret-of-ours" not in simulator.told()


def test_the_simulator_stays_on_this_machine_without_a_control_token(tmp_path: Path) -> None:
    answer = run("simulator", "--host", "203.0.113.9", "--port", "0", folder=tmp_path)
    assert (answer.returncode, "--control-token" in answer.stderr) == (2, True)
