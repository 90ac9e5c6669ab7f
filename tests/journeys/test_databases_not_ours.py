"""Drills with real servers and processes: backups that are restored, a fail-over, and copies of production.

Time is helped along in one place: the last stamp of what was restored is moved back by ten minutes, as if it were that old.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import httpx
import pytest

from application.rotation.outage_aware_claims import HOLD_BACK, Contact
from domain.database_hold import WentBack
from domain.database_identity import DatabaseIdentity
from domain.errors import OnHold
from domain.ids import ConnectionId, OwnerId
from entrypoints.container import Container, build
from entrypoints.settings import load_settings
from support import processes, servers
from support.deployment import SERVICE_TOKEN, Deployment, deployment
from support.processes import eventually

HOME, STAGING, LAPTOP = "https://ads.example.com", "https://staging.example.com", "http://127.0.0.1:8000"
pytestmark = pytest.mark.timeout(300)

TEN_MINUTES = timedelta(minutes=10)


def served_at(origin: str) -> dict[str, str]:
    return {"DASHBOARD_URL": origin, "TIKTOK_REDIRECT_URI": f"{origin}/api/auth/tiktok/callback"}


@dataclass(frozen=True)
class Site:
    """Production: Anna's pair is spent after the backup, Bert's is not, Carl disconnects after it."""

    here: Deployment
    anna: ConnectionId
    bert: ConnectionId
    carl: ConnectionId

    def run(self, *arguments: str, **changes: str) -> CompletedProcess[str]:
        """One command, with other settings."""
        return processes.run(*arguments, folder=self.here.folder, environ=self.here.environ | changes)

    @contextmanager
    def process(self, **changes: str) -> Iterator[Container]:
        """What a process with other settings works with; it has just started."""
        container = build(load_settings(self.here.environ | changes))
        try:
            yield container
        finally:
            container.executor().shutdown()
            container.platform().close()
            container.database().dispose()

    def live_on(self) -> None:
        """What happens after the backup. A process has looked, stamped and noted at its end."""
        with self.process() as container:
            container.rotate_grant()(self.anna, owner=OwnerId("anna"), asked_at=container.clock().now())
            container.disconnect()(OwnerId("carl"), self.carl)
            assert container.identity_watch().hold() is None
        assert (self.stats("refreshes"), self.stats("reuses")) == (1, 0)

    def stats(self, name: str) -> int:
        return self.here.tiktok.control.stats()[name]


@contextmanager
def production(folder: Path, **environ: str) -> Iterator[Site]:
    with deployment(folder, environ=served_at(HOME) | environ) as here:
        yield Site(here, *(here.connect(owner, user) for owner, user in (("anna", "ana"), ("bert", "ben"), ("carl", "chloe"))))


def make_older(site: Site, **changes: str) -> None:
    """As if the database that these settings name were a backup from ten minutes ago."""

    def back(known: DatabaseIdentity, _: datetime) -> DatabaseIdentity:
        assert known.stamped_at is not None
        return replace(known, stamped_at=known.stamped_at - TEN_MINUTES, gaps=())

    with site.process(**changes) as container:
        container.identity_record().change(back)


def assert_held_then_adopted(site: Site, **changes: str) -> None:
    """The drill: nothing is sent until the operator says that it was restored; then the dead are told, the living go on."""
    refused = site.run("refresh", "--all", **changes)
    assert (refused.returncode, "adopt --restored" in refused.stderr) == (1, True), refused.stderr
    with site.process(**changes) as container:
        assert isinstance(container.identity_watch().hold(), WentBack)
        with pytest.raises(OnHold):
            container.rotate_grant()(site.anna, owner=OwnerId("anna"), asked_at=container.clock().now())
        container.revoke_tokens()()
    assert (site.stats("refreshes"), site.stats("revocations")) == (1, 0)

    adopted = site.run("adopt", "--restored", **changes)
    assert adopted.returncode == 0, adopted.stderr
    assert "2 grants" in adopted.stdout
    with site.process(**changes) as container:
        container.claims().contact = Contact(since=-HOLD_BACK, last=container.clock().monotonic())
        for _ in range(2):  # the access tokens are probed, then each pair is tried once
            container.sweep_due_grants()()
        [anna], [bert] = (container.list_connections()(OwnerId(owner)) for owner in ("anna", "bert"))
        assert anna.reason == "restored_backup"
        assert (bert.reason, bert.generation) == (None, 2)
        assert not container.list_connections()(OwnerId("carl")), "what was disconnected stays so"
        assert container.identity_watch().hold() is None
    assert site.stats("reuses") == 1, "Anna's spent token, once"


def postgres_tool(server: servers.Postgres, tool: str, *arguments: str) -> None:
    subprocess.run([server.binaries / tool, *arguments], check=True, capture_output=True)


def test_a_dump_that_is_restored_in_place_is_held_and_adopted(tmp_path: Path, postgres_server: servers.Postgres) -> None:
    url = postgres_server.new_database()
    dump = tmp_path / "dump"
    with production(tmp_path, DATABASE_URL=url) as site:
        postgres_tool(postgres_server, "pg_dump", "--format=custom", f"--file={dump}", url)
        site.live_on()
        postgres_tool(postgres_server, "pg_restore", "--clean", "--if-exists", f"--dbname={url}", str(dump))
        make_older(site)
        status, doctor = site.run("status", "--json"), site.run("doctor")
        assert json.loads(status.stdout)["hold"]["why"] == "went_back"
        assert (doctor.returncode, "adopt --restored" in doctor.stdout) == (1, True)
        assert_held_then_adopted(site)


def test_a_base_backup_that_is_started_is_held_and_adopted(tmp_path: Path) -> None:
    with (
        servers.postgres() as primary,
        production(tmp_path, DATABASE_URL=primary.url()) as site,
        servers.copied_postgres(primary) as copied,
    ):
        site.live_on()
        primary.stop()
        there = {"DATABASE_URL": copied.url()}
        make_older(site, **there)
        assert_held_then_adopted(site, **there)


def test_a_standby_that_takes_over_is_not_held(tmp_path: Path) -> None:
    with (
        servers.postgres() as primary,
        production(tmp_path, DATABASE_URL=primary.url()) as site,
        servers.copied_postgres(primary, standby=True) as standby,
    ):
        site.live_on()
        there = {"DATABASE_URL": standby.url()}
        with site.process(**there) as follower:
            eventually(lambda: not follower.list_connections()(OwnerId("carl")), why=lambda: "the standby does not follow")
        primary.kill()
        standby.promote()
        refreshed = site.run("refresh", "--all", **there)
        assert refreshed.returncode == 0, refreshed.stderr
        with site.process(**there) as container:
            assert container.identity_watch().hold() is None
        assert (site.stats("refreshes"), site.stats("reuses")) == (3, 0)


def test_a_standby_that_missed_the_last_seconds_is_not_held(tmp_path: Path) -> None:
    with (
        servers.postgres() as primary,
        production(tmp_path, DATABASE_URL=primary.url()) as site,
        servers.copied_postgres(primary, standby=True) as standby,
    ):
        standby.stop()
        site.live_on()  # the standby gets nothing of it
        primary.kill()
        standby.start()
        standby.promote()
        with site.process(DATABASE_URL=standby.url()) as container:
            assert container.list_connections()(OwnerId("carl")), "it lacks what happened last"
            assert container.identity_watch().hold() is None


def test_a_database_file_that_is_copied_back_is_held_and_adopted(tmp_path: Path) -> None:
    with production(tmp_path) as site:
        site.here.container.store().vacuum_traces()
        shutil.copy(tmp_path / "connect.db", tmp_path / "backup.db")
        site.live_on()
        site.here.container.database().dispose()
        for file in tmp_path.glob("connect.db*"):
            file.unlink()
        shutil.copy(tmp_path / "backup.db", tmp_path / "connect.db")
        make_older(site)
        assert_held_then_adopted(site)


def test_a_copied_database_file_sends_nothing_elsewhere(tmp_path: Path, *, long: bool) -> None:
    """On a developer's machine; at length on another server too."""
    for number, origin in enumerate((LAPTOP, STAGING) if long else (LAPTOP,)):
        folder = tmp_path / str(number)
        (folder / "elsewhere").mkdir(parents=True)
        with production(folder) as site:
            site.here.container.store().vacuum_traces()
            shutil.copy(folder / "connect.db", folder / "elsewhere" / "connect.db")
            there = served_at(origin) | {
                "DATABASE_URL": f"sqlite:///{folder}/elsewhere/connect.db",
                "JOURNAL_DIR": str(folder / "elsewhere" / "journal"),
            }
            assert_a_copy_is_held(site, **there)


def test_a_copy_with_the_environment_of_production_sends_nothing_elsewhere(
    tmp_path: Path, postgres_server: servers.Postgres
) -> None:
    """Its folder of notes and all: only the address is another."""
    url = postgres_server.new_database()
    with production(tmp_path, DATABASE_URL=url) as site:
        site.here.container.database().dispose()
        copied = postgres_server.new_database(template=url.rpartition("/")[2])
        assert_a_copy_is_held(site, **served_at(STAGING), DATABASE_URL=copied)


def assert_a_copy_is_held(site: Site, **there: str) -> None:
    """The copy holds by itself; production goes on, before and after the copy was adopted."""
    refused = site.run("refresh", "--all", **there)
    assert (refused.returncode, "adopt --copy --yes" in refused.stderr) == (1, True), refused.stderr
    assert site.stats("refreshes") == 0
    refresh_all(site)
    assert (site.stats("refreshes"), site.stats("reuses")) == (3, 0)
    with_address(site, there, lambda address: assert_served_on_hold(site, address))

    own = {"JOURNAL_DIR": str(site.here.folder / "a-journal-of-its-own")}
    if "JOURNAL_DIR" not in there:
        refused = site.run("adopt", "--copy", "--yes", **there)
        assert (refused.returncode, "JOURNAL_DIR" in refused.stderr) == (1, True)
    there |= own
    adopted = site.run("adopt", "--copy", "--yes", **there)
    assert adopted.returncode == 0, adopted.stderr
    with site.process(**there) as copy:
        assert copy.identity_watch().hold() is None
        [anna] = copy.list_connections()(OwnerId("anna"))
        assert (anna.reason, anna.needs_reauth) == ("copied_database", True)
        copy.sweep_due_grants().everything(since=copy.clock().now())
        copy.revoke_tokens()()
    refresh_all(site)
    assert (site.stats("refreshes"), site.stats("reuses"), site.stats("revocations")) == (6, 0, 0)


def refresh_all(site: Site) -> None:
    """Production goes on."""
    with site.process() as container:
        assert container.identity_watch().hold() is None
        container.sweep_due_grants().everything(since=container.clock().now())


def with_address(site: Site, there: dict[str, str], check: Callable[[str], None]) -> None:
    port = servers.free_port()
    environ = site.here.environ | there
    with processes.running("serve", "--port", str(port), folder=site.here.folder, environ=environ) as serving:
        serving.says("listening at")
        check(f"http://127.0.0.1:{port}")


def assert_served_on_hold(site: Site, address: str) -> None:
    eventually(lambda: ready(address) is not None, why=lambda: "serve does not answer")
    assert ready(address) == {"identity": "degraded"}
    answer = httpx.post(
        f"{address}/api/internal/tiktok/access-token",
        json={"connectionId": site.anna},
        headers={"Authorization": f"Bearer {SERVICE_TOKEN}"},
    )
    assert answer.status_code == 200, "what is valid is served"


def ready(address: str) -> dict[str, str] | None:
    """What is not ok, once it is ready."""
    try:
        answer = httpx.get(f"{address}/health/ready", timeout=10)
    except httpx.HTTPError:
        return None
    return {name: state for name, state in answer.json()["checks"].items() if state != "ok"} if answer.is_success else None
