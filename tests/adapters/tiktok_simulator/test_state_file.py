import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from adapters.tiktok_simulator.server import running_simulator
from simulated_app import WireApp

SERVE = """
import sys
from pathlib import Path
from adapters.tiktok_simulator.server import serve
serve(port=int(sys.argv[1]), state_file=Path(sys.argv[2]))
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
        assert wire.refresh(living).json()["data"]["refresh_token_expire_in"] == 31_536_000
        assert wire.refresh(spent).json()["code"] == 40107
        assert tiktok.control.stats()["reuses"] == 1
        assert wire.data("/oauth2/access_token/", auth_code=code)


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


def test_a_killed_simulator_has_not_forgotten_a_rotation_that_it_answered(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path, url = tmp_path / "state.json", f"http://127.0.0.1:{port}"

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", SERVE, str(port), str(path)])
        while True:
            try:
                httpx.get(url)
            except httpx.ConnectError:
                assert process.poll() is None
                time.sleep(0.05)
            else:
                return process

    keys = {"app_id": "sim-app", "secret": "sim-secret-not-for-production"}
    process = start()
    try:
        page = httpx.post(
            f"{url}/portal/auth",
            data={"app_id": "sim-app", "redirect_uri": "https://a.example/", "user": "dan", "decision": "approve"},
        )
        code = httpx.URL(page.headers["Location"]).params["code"]
        tokens = httpx.post(f"{url}/open_api/v1.3/oauth2/access_token/", json={**keys, "auth_code": code}).json()["data"]
        body = {**keys, "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        living = httpx.post(f"{url}/open_api/v1.3/oauth2/refresh_token/", json=body).json()["data"]["refresh_token"]
        process.kill()
        process.wait()
        process = start()
        assert httpx.post(f"{url}/_sim/is-live", json=[tokens["refresh_token"], living]).json() == [False, True]
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) in {0, -signal.SIGTERM}
    finally:
        process.kill()
        process.wait()
