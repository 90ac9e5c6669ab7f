"""The simulator as a wheel of its own, as another project meets it: one package, a command and a fixture."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

PROJECT = Path(__file__).parents[3] / "packages/tiktok-simulator"

A_TEST_OF_THEIRS = """
import json, urllib.request

def call(url, body=None, **headers):
    sent = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, sent, headers)) as answer:
        return json.load(answer)

def refreshed(tiktok, token):
    app = {"app_id": tiktok.app_id, "secret": tiktok.app_secret}
    body = {**app, "refresh_token": token, "grant_type": "refresh_token"}
    return call(tiktok.api_url + "/oauth2/refresh_token/", body)

def connected(tiktok):
    app = {"app_id": tiktok.app_id, "secret": tiktok.app_secret}
    return call(tiktok.api_url + "/oauth2/access_token/", {**app, "auth_code": tiktok.control.code("ana")})["data"]

def test_a_rotated_token(tiktok_simulator):
    first = connected(tiktok_simulator)["refresh_token"]
    second = refreshed(tiktok_simulator, first)["data"]["refresh_token"]
    assert tiktok_simulator.control.is_live(first, second) == [False, True]
    assert refreshed(tiktok_simulator, first)["code"] == 40107

def test_a_refused_token(tiktok_simulator):
    token = connected(tiktok_simulator)["refresh_token"]
    tiktok_simulator.control.revoke("ana")
    assert refreshed(tiktok_simulator, token)["code"] == 40107

def test_a_lost_token(tiktok_simulator):
    token = connected(tiktok_simulator)["refresh_token"]
    tiktok_simulator.control.fault("/oauth2/refresh_token/", "lost_reply")
    try:
        refreshed(tiktok_simulator, token)
    except OSError:
        pass
    else:
        raise AssertionError("there was an answer")
    assert tiktok_simulator.control.is_live(token) == [False]
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture
def unpacked(wheel: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a Python that has it, and nothing of ours on its path."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    return {**os.environ, "PYTHONPATH": str(tmp_path / "installed"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def test_it_holds_one_package_and_collides_with_nobody(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"tiktok_simulator", "tiktok_simulator-0.1.0.dist-info"}
    assert {"tiktok_simulator/templates/consent.html", "tiktok_simulator/py.typed"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]


def test_its_fixture_serves_the_tests_of_others(unpacked: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(A_TEST_OF_THEIRS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tiktok_simulator.pytest_plugin", "test_theirs.py"]
    run = subprocess.run(command, cwd=tmp_path, env=unpacked, capture_output=True, text=True, check=False)
    assert "3 passed" in run.stdout, run.stdout + run.stderr


def test_its_command_starts_without_anything_configured(unpacked: dict[str, str], tmp_path: Path) -> None:
    script = "import sys; sys.argv = ['tiktok-simulator', '--port', '0']; from tiktok_simulator.command import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, env=unpacked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("the simulator of TikTok listens at http://127.0.0.1:")
        process.terminate()
        assert process.wait(10) == 0


def test_it_knows_several_apps_and_redirects_to_registered_addresses_alone(unpacked: dict[str, str], tmp_path: Path) -> None:
    arguments = [
        "--port",
        "0",
        "--app",
        "one:first-secret",
        "--app",
        "two:second-secret",
        "--redirect-uri",
        "https://a.example/cb",
    ]
    script = f"import sys; sys.argv = ['tiktok-simulator', *{arguments!r}]; from tiktok_simulator.command import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, env=unpacked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1].rstrip("/")
        for app in ("one", "two", "three"):
            for address in ("https://a.example/cb", "https://a.example/cb/"):
                page = httpx.get(f"{url}/portal/auth", params={"app_id": app, "redirect_uri": address})
                assert page.status_code == (200 if app != "three" and address.endswith("cb") else 400)
        code = httpx.post(f"{url}/_sim/code", json={"user": "chloe", "appId": "two"}).json()["authCode"]
        body = {"app_id": "two", "secret": "second-secret", "auth_code": code}
        assert httpx.post(f"{url}/open_api/v2.0/oauth2/access_token/", json=body).json()["code"] == 0
        process.terminate()


def test_a_start_imports_nothing_heavy(unpacked: dict[str, str], tmp_path: Path) -> None:
    script = "import sys, tiktok_simulator.command; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    command = [sys.executable, "-c", script]
    told = subprocess.run(command, cwd=tmp_path, env=unpacked, capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "litestar",
        "sqlalchemy",
        "celery",
        "jinja2",
        "cryptography",
        "pytest",
        "domain",
        "application",
        "adapters",
        "entrypoints",
    }
    assert heavy & set(told) == set()


@pytest.mark.parametrize(
    "arguments",
    [("--host", "203.0.113.9"), ("--app", "7"), ("--app-id", "7"), tuple(["--redirect-uri", "https://a.example/"] * 11)],
)
def test_a_wrong_command_line_is_told_in_one_line(unpacked: dict[str, str], tmp_path: Path, arguments: tuple[str, ...]) -> None:
    script = f"import sys; sys.argv = ['tiktok-simulator', *{arguments!r}]; from tiktok_simulator.command import main; main()"
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, cwd=tmp_path, env=unpacked, capture_output=True, text=True, check=False)
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
