import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from adapters.tiktok_simulator.server import running_simulator
from support.simulated_app import WireApp

SERVE = """
import sys
from pathlib import Path
from adapters.tiktok_simulator.server import serve
serve(port=0, state_file=Path(sys.argv[1]), announce=lambda url: print(url, flush=True))
"""


def test_a_second_start_finds_every_token_the_accounts_and_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "state.json"
    with running_simulator(state_file=path) as tiktok, httpx.Client() as client:
        wire = WireApp(tiktok, client)
        spent = wire.connect()["refresh_token"]
        living = wire.refresh(spent).json()["data"]["refresh_token"]
        wire.sim("accounts", {"user": "zoe", "advertisers": []})
        wire.sim("clock", {"advanceSeconds": 7_200})
        code = tiktok.control.grant_code("ana", [])

    with running_simulator(state_file=path) as tiktok, httpx.Client() as client:
        wire = WireApp(tiktok, client)
        assert tiktok.control.is_live(spent, living) == [False, True]
        assert tiktok.machine.accounts("zoe") == ()
        assert wire.refresh(living).json()["data"]["refresh_token_expire_in"] in range(31_528_000, 31_528_801)
        assert wire.refresh(spent).json()["code"] == 40107
        assert tiktok.control.stats()["reuses"] == 1
        assert wire.data("/oauth2/access_token/", auth_code=code)


def test_a_turned_clock_stays_turned(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with running_simulator(state_file=path) as tiktok:
        tiktok.control.advance(timedelta(days=2))
        turned = tiktok.machine.clock.now()

    with running_simulator(state_file=path) as tiktok:
        assert timedelta(0) <= tiktok.machine.clock.now() - turned < timedelta(minutes=5)


def test_every_change_is_in_the_file_when_it_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with running_simulator(state_file=path) as tiktok, httpx.Client() as client:
        wire = WireApp(tiktok, client)
        page = {"app_id": tiktok.app_id, "redirect_uri": "https://a.example/", "user": "dan", "decision": "approve"}

        changes: list[Callable[[], object]] = [
            lambda: client.post(tiktok.auth_url, data=page),
            lambda: wire.sim("accounts", {"user": "zoe", "advertisers": []}),
            lambda: wire.sim("clock", {"advanceSeconds": 60}),
            wire.connect,
            lambda: wire.sim("revoke", {"user": "ana"}),
        ]
        before = b""
        for change in changes:
            change()
            after = path.read_bytes()
            assert after != before
            before = after


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with running_simulator(state_file=path) as tiktok:
        tiktok.control.grant_code("ana", [])

    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_bytes())["codes"]


def test_a_file_that_is_not_the_simulators_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("[]")

    with pytest.raises(ValueError, match=r"state\.json is not a state file"), running_simulator(state_file=path):
        pass


def started(path: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().strip()


def stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_killed_simulator_has_not_forgotten_a_rotation_that_it_answered(tmp_path: Path) -> None:
    app = {"app_id": "sim-app", "secret": "sim-secret-not-for-production"}
    process, url = started(tmp_path / "state.json")
    try:
        form = {"app_id": "sim-app", "redirect_uri": "https://a.example/", "user": "dan", "decision": "approve"}
        code = httpx.URL(httpx.post(f"{url}/portal/auth", data=form).headers["Location"]).params["code"]
        tokens = httpx.post(f"{url}/open_api/v1.3/oauth2/access_token/", json={**app, "auth_code": code}).json()["data"]
        body = {**app, "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        living = httpx.post(f"{url}/open_api/v1.3/oauth2/refresh_token/", json=body).json()["data"]["refresh_token"]
    finally:
        stop(process)

    process, url = started(tmp_path / "state.json")
    try:
        assert httpx.post(f"{url}/_sim/is-live", json=[tokens["refresh_token"], living]).json() == [False, True]
    finally:
        stop(process)


def test_a_signal_stops_the_server_at_once_although_a_call_hangs(tmp_path: Path) -> None:
    process, url = started(tmp_path / "state.json")
    try:
        httpx.post(f"{url}/_sim/faults", json=[{"endpoint": "*", "kind": "timeout_before", "count": 1}])
        with socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0)) as hanging:
            hanging.sendall(b"GET /open_api/v1.3/advertiser/info/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while not httpx.get(f"{url}/_sim/log").json():
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == -signal.SIGTERM
    finally:
        stop(process)
