"""A dashboard for tests: a small Next.js app with Auth.js sessions, built and run as the real one is.

Its packages and its build stay in `.cache/dashboard/`, until its lock, its files or its configuration change.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from support import processes, servers

ROOT = Path(__file__).parents[2]
APP = Path(__file__).parent / "dashboard"
CACHE = ROOT / ".cache" / "dashboard"
AUTH_SECRET = "an-auth-secret-of-the-dashboard-in-these-tests"
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network", re.IGNORECASE)
OFFLINE = {"NEXT_TELEMETRY_DISABLED": "1"}


@dataclass(frozen=True)
class Build:
    """A build of the app: its rewrites lead to this port of 127.0.0.1, for as long as the build is kept."""

    server: Path
    connect_port: int


@dataclass(frozen=True)
class Dashboard:
    """The app, served."""

    address: str

    @contextmanager
    def signed_in(self, user: str) -> Iterator[httpx.Client]:
        """A browser with the session cookie that Auth.js gave it."""
        with httpx.Client(base_url=self.address, timeout=40) as browser:
            token = browser.get("/api/auth/csrf").raise_for_status().json()["csrfToken"]
            answer = browser.post("/api/auth/callback/credentials", data={"csrfToken": token, "user": user})
            assert "authjs.session-token" in browser.cookies, answer.headers
            yield browser


@contextmanager
def built_dashboard(config: str) -> Iterator[Build]:
    """The app, built with this `next.config.js`. Whoever has it is the only one meanwhile, since its port is one of a kind."""
    for command in ("node", "npm"):
        if shutil.which(command) is None:
            servers.missing(f"Node.js ({command})")
    lock_hash = _digest((APP / "package-lock.json").read_bytes())
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = CACHE / lock_hash
        _install(folder)
        yield _current_build(folder, config) or _build(folder, config)


@contextmanager
def running_dashboard(build: Build, port: int, log_folder: Path) -> Iterator[Dashboard]:
    """Serve a build."""
    address = f"http://127.0.0.1:{port}"
    environ = {
        "PORT": str(port),
        "HOSTNAME": "127.0.0.1",
        "AUTH_SECRET": AUTH_SECRET,
        "AUTH_URL": address,
        "AUTH_TRUST_HOST": "true",
        **OFFLINE,
    }
    command = ("node", str(build.server))
    with processes.running(folder=log_folder, environ=environ, name="dashboard", command=command) as server:
        processes.eventually(lambda: _answers(port), why=server.told)
        yield Dashboard(address)


def _install(folder: Path) -> None:
    """The locked packages, unless they are there; others' go."""
    stamp = folder / "installed"
    if stamp.exists():
        return
    for older in CACHE.iterdir():
        if older.is_dir():
            shutil.rmtree(older)
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(APP / name, folder)
    answer = _npm(folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    if answer.returncode and UNREACHABLE.search(answer.stderr):
        pytest.skip("the registry of npm can't be reached from here")
    assert answer.returncode == 0, answer.stderr[-3000:]
    stamp.touch()


def _build(folder: Path, config: str) -> Build:
    """Build it anew, with a port that is free now."""
    for name in ("app", ".next"):
        shutil.rmtree(folder / name, ignore_errors=True)
    shutil.copytree(APP, folder, dirs_exist_ok=True)
    (folder / "next.config.js").write_text(config)
    port = servers.free_port()
    answer = _npm(folder, "exec", "--", "next", "build", TIKTOK_CONNECT_URL=f"http://127.0.0.1:{port}")
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
    [server] = [path for path in (folder / ".next/standalone").rglob("server.js") if "node_modules" not in path.parts]
    (folder / "build.json").write_text(json.dumps({"of": _source_digest(config), "server": str(server), "port": port}))
    return Build(server, port)


def _current_build(folder: Path, config: str) -> Build | None:
    """The build that is there, if it is of these sources and its port is free."""
    with suppress(FileNotFoundError):
        built = json.loads((folder / "build.json").read_text())
        if built["of"] == _source_digest(config) and not _answers(built["port"]) and Path(built["server"]).exists():
            return Build(Path(built["server"]), built["port"])
    return None


def _source_digest(config: str) -> str:
    files = sorted(path for path in APP.rglob("*") if path.is_file())
    return _digest(config.encode(), *(str(path.relative_to(APP)).encode() + path.read_bytes() for path in files))


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _npm(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **OFFLINE, **environ}
    return subprocess.run(
        ["npm", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=500
    )


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False
