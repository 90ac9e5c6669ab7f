"""Secrets go through every path, failures included, with logs for debugging; afterwards none of them lies anywhere."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from adapters.sql.migrations import migrate
from adapters.tiktok_simulator.token_minting import Mint, SimulatedTokenKind
from chaos.canaries import Canaries
from chaos.canary_paths import EXCHANGE, REFRESH, Keys, Paths
from chaos.canary_places import files_below, remembered_by, rows_of, saved_by
from chaos.test_hostile_neighbours import answers
from support import servers
from support.dashboard_database import ANNA, BEN, dashboard_database
from support.deployment import deployment
from support.processes import eventually

ENCRYPTION_KEYS = ("7d" * 8 + "c4a1" * 12, "1f" * 8 + "9be2" * 12)


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch) -> Canaries:
    """Every token and code that any simulator mints from now on."""
    kept, mint = Canaries(), Mint.token

    def token(self: Mint, kind: SimulatedTokenKind, family: int, generation: int) -> str:
        return kept.add(kind.name, mint(self, kind, family, generation))

    monkeypatch.setattr(Mint, "token", token)
    return kept


@contextmanager
def set_up(folder: Path, canaries: Canaries, more: dict[str, str]) -> Iterator[Paths]:
    """Everything runs and logs for debugging."""
    keys = Keys(*(canaries.add(name, secrets.token_hex(32)) for name in ("app secret", "JWT key", "service", "cron", "metrics")))
    for key in ENCRYPTION_KEYS:
        canaries.add("encryption key", key)
    environ = {
        "AUTH_JWT_KEY": keys.jwt,
        "SERVICE_TOKENS": f"tests:{keys.service}:vend+spend+erase",
        "CRON_SECRET": keys.cron,
        "METRICS_TOKEN": keys.metrics,
        "TOKEN_ENCRYPTION_KEYS": f"k1:{ENCRYPTION_KEYS[0]}",
        "SWEEP_INTERVAL_SECONDS": "2",
        "TIKTOK_QPS": "100",
        "SPEND_BACKFILL_DAYS": "3",
        "SPEND_IMPORT": "on",
        "TMPDIR": str(folder / "tmp"),
        **more,
    }
    (folder / "tmp").mkdir()
    with deployment(folder, environ=environ, access_token_seconds=86_400, apps={"canary-app": keys.app_secret}) as here:
        yield Paths(here, canaries, keys)


def connect_and_fail(paths: Paths, owner: str, *, long: bool) -> None:
    """Consents that are given, refused, made up, and that TikTok answers badly."""
    control = paths.here.tiktok.control
    with paths.person(owner) as person:
        assert "success" in person.consent("chloe")
        connection = person.connection()
        pending = person.consent("ana")["pendingTokenId"][0]
        [account, *_] = person.ask("GET", f"/api/auth/tiktok/pending?id={pending}").json()["accounts"]
        chosen = {"pendingTokenId": pending, "accountIds": [account["accountId"]]}
        assert person.ask("POST", "/api/auth/tiktok/select-account", json=chosen).status_code == 200
        assert "error" in person.come_back(state=person.begin(), error="access_denied")
        made_up = paths.canaries.add("made-up code", "a-code-that-tiktok-never-gave*1!6321.va")
        for state in (person.begin(), "made-up-state"):
            assert "error" in person.come_back(state=state, auth_code=made_up)
        bad = list(paths.bad_answers())
        for name, answer in bad if long else bad[:3]:
            control.answer(answer)
            assert "error" in person.consent("chloe"), name
            person.refresh_until(200, connection)  # an answer in between: five calls without one stop all for a while
        for fault in ("unavailable", "html504", "lost_reply", "garbage") if long else ("lost_reply",):
            control.fault(EXCHANGE, fault)
            assert "error" in person.consent("chloe"), fault
            person.refresh_until(200, connection)
        if long:
            control.fault(EXCHANGE, "timeout_before", seconds=15)
            assert "error" in person.consent("chloe")
            person.refresh_until(200, connection)
    with httpx.Client(base_url=paths.here.address) as stranger:
        paths.ask(stranger, "GET", "/api/auth/tiktok/callback", params={"state": "made-up-state", "auth_code": made_up})


def rotate_and_vend(paths: Paths, owner: str) -> None:
    """Refreshes that TikTok does, refuses, and answers so that nobody can read it; tokens for services."""
    control = paths.here.tiktok.control
    with paths.person(owner) as person:
        connection = person.connection()
        person.refresh_until(200, connection)
        vended = paths.vend(connectionId=connection)
        assert vended.status_code == 200
        [account, *_] = paths.here.tiktok.machine.accounts("chloe")
        by_user = paths.vend(userId=owner, accountId=account.advertiser_id, rejectedToken=vended.json()["accessToken"])
        assert by_user.status_code in {200, 409, 429, 503}, by_user.text
        assert paths.vend(connectionId=connection, rejectedToken="x" * 5_000).status_code == 400
        cut_off = list(paths.bad_answers())[1][1]
        cut_off.path = REFRESH
        control.answer(cut_off)
        assert person.refresh(connection) in {200, 503}  # unless the worker's own was answered so
        paths.ask(person.client, "POST", "/api/cron/tiktok-refresh", headers={"Authorization": f"Bearer {paths.keys.cron}"})
        unread = next((paths.here.folder / "journal").glob("*.unread"))
        assert paths.run("keys", "open", unread.name, shows_a_secret=True) == 0
        assert paths.run("keys", "open", "no-such-file") == 1  # with a traceback


def withdraw(paths: Paths, owner: str) -> None:
    """A consent that its person withdrew at TikTok, and a disconnect whose revocation fails first."""
    control = paths.here.tiktok.control
    with paths.person(owner) as person:
        person.consent("chloe")
        connection = person.connection()
        control.revoke("chloe")
        person.refresh_until(401, connection)
        assert person.ask("POST", "/api/auth/tiktok/refresh", json={"connectionId": "no id"}).status_code == 404
        person.consent("chloe")
        control.fault("/oauth2/revoke_token/", "html504")
        assert person.ask("DELETE", f"/api/platforms/{person.connection()}").status_code == 200
        person.consent("chloe")


def read_what_is_shown(paths: Paths, owner: str) -> None:
    """Pages, descriptions, figures."""
    with paths.person(owner) as person:
        for path in ("/dashboard/platforms", "/api/platforms", "/schema/openapi.json", "/health/ready", "/no-such-page"):
            person.ask("GET", path, headers={"Accept": "*/*"})
        day = f"{paths.here.container.clock().now():%Y-%m-%d}"
        assert person.ask("GET", f"/api/spend?from={day}&to={day}").status_code == 200
        assert "http_requests" in paths.ask(person.client, "GET", "/metrics").text


def look_up_and_erase(paths: Paths, owner: str, *, long: bool) -> None:
    """What operators do. A user is erased at the end."""
    commands = [("status", "--json"), ("doctor",), ("keys", "list"), ("spend", "import"), ("erase", "--user", owner)]
    more = [
        ("keys", "forget", "k0", "--confirm"),
        ("spend", "show", "--csv"),
        ("refresh", "--all"),
        ("keys", "rotate"),
        ("wab", "check"),
    ]
    for command in [*(more if long else []), *commands]:
        paths.run(*command)
    with httpx.Client(base_url=paths.here.address) as client:
        bearer = {"Authorization": f"Bearer {paths.keys.service}"}
        assert paths.ask(client, "DELETE", f"/api/internal/users/{owner}", headers=bearer).status_code == 202


def go_through(paths: Paths, *, long: bool, beside: Callable[[], None] = lambda: None) -> None:
    """All paths, once a worker, beat and serve run; and what is special `beside` them."""
    here, port = paths.here, paths.here.address.rpartition(":")[2]
    with ExitStack() as processes:
        worker = processes.enter_context(here.start("--debug", "worker", name="worker"))
        processes.enter_context(here.start("--debug", "beat", name="beat"))
        processes.enter_context(here.start("--debug", "serve", "--port", port, name="serve"))
        eventually(lambda: answers(here), why=lambda: "serve does not answer", within=60)
        connect_and_fail(paths, ANNA, long=long)
        here.make_all_due()
        paths.look_at_command_lines()
        rotate_and_vend(paths, ANNA)
        worker.kill()
        processes.enter_context(here.start("--debug", "worker", name="worker-again"))
        withdraw(paths, BEN)
        beside()
        read_what_is_shown(paths, ANNA)
        look_up_and_erase(paths, ANNA, long=long)
        paths.look_at_command_lines()


def assert_nothing_is_found(paths: Paths, places: dict[str, bytes]) -> None:
    """What is kept of answers too. States are known to who went through them, and to nobody's logs or tables."""
    kinds = {name.rpartition(" ")[0] for name in paths.canaries.secrets}
    assert {"ACCESS", "REFRESH", "CODE", "app secret", "state"} <= kinds
    assert sum(map(len, places.values())) > 100_000
    assert paths.canaries.found_in({**places, **paths.kept}) == []


def crash_in_serve(paths: Paths) -> None:
    """A row that nobody can read: a traceback in the log."""
    with closing(sqlite3.connect(paths.here.folder / "connect.db", timeout=30)) as connection:
        connection.execute("UPDATE connections SET created_at = 'no time' WHERE owner = ?", (BEN,))
        connection.commit()
    port = paths.here.address.rpartition(":")[2]
    with paths.here.start("--debug", "serve", "--port", port, name="serve-again") as serve:
        eventually(lambda: answers(paths.here), why=lambda: "serve does not answer", within=60)
        with paths.person(BEN) as ben:
            assert ben.ask("GET", "/api/platforms").status_code == 500
        assert "Traceback" in serve.told()


def answer_while_the_database_is_away(paths: Paths, server: servers.Postgres) -> None:
    """A refresh whose answer only the journal takes, until the database is back."""
    journal = paths.here.folder / "journal"
    with paths.person(BEN) as ben:
        connection = ben.connection()
        paths.here.tiktok.control.fault(REFRESH, "slow", seconds=3)
        before = paths.here.tiktok.control.stats()["refreshes"]
        asked = threading.Thread(target=ben.refresh, args=(connection,))
        asked.start()
        eventually(lambda: paths.here.tiktok.control.stats()["refreshes"] > before)
        server.kill()
        eventually(lambda: list(journal.glob("*.answer")), within=90)
        paths.note("the journal while the database is away", b"".join(files_below(journal).values()))
        asked.join()
        server.start()
        eventually(lambda: not list(journal.glob("*.answer")), within=90)


@contextmanager
def on_embedded_defaults(folder: Path, canaries: Canaries, *, long: bool) -> Iterator[Paths]:
    """SQLite, its log and freed pages, the broker's folder, the journal, logs, temporary files."""
    with set_up(folder, canaries, {}) as paths:
        go_through(paths, long=long)
        crash_in_serve(paths)
        yield paths


@contextmanager
def on_servers(folder: Path, canaries: Canaries, *, long: bool) -> Iterator[Paths]:
    """PostgreSQL with its log, Redis with all that was ever said to it, the dashboard's own database, and the same files."""
    with servers.postgres(durable=True) as postgres, servers.redis_server() as redis_server:
        remembered_by(redis_server)
        url = postgres.new_database()
        migrate(url)
        with dashboard_database(postgres) as dashboard:
            for user in (ANNA, BEN):
                dashboard.add_user(user)
            more = {"DATABASE_URL": url, "REDIS_URL": redis_server.url(), "WAB_DATABASE_URL": dashboard.url}
            with set_up(folder, canaries, more) as paths:
                go_through(paths, long=long, beside=lambda: answer_while_the_database_is_away(paths, postgres))
                dashboard.reopen()
                rows = {**rows_of(url), **rows_of(dashboard.owner_url)}
                assert rows["table grants"]
                assert b"tiktok_ads" in rows["table ad_platform_connections"]
                paths.kept.update(rows | saved_by(redis_server) | files_below(postgres.folder))
                yield paths


@pytest.mark.timeout(900)
def test_no_secret_is_left_anywhere(tmp_path: Path, canaries: Canaries, tell: Callable[[object], None], *, long: bool) -> None:
    """Short: the main paths, on embedded defaults. Long: each kind of bad answer and every command, and on servers too."""
    for place in (on_embedded_defaults, on_servers) if long else (on_embedded_defaults,):
        folder = tmp_path / place.__name__
        folder.mkdir()
        with place(folder, canaries, long=long) as paths:
            files = files_below(folder)
            assert {"serve.log", "worker.log", "beat.log", "worker-again.log"} <= files.keys()
            assert b'"level": "debug"' in files["serve.log"] + files["worker.log"]
            tell({"secrets": len(canaries.secrets), "places": len(files | paths.kept), "on": place.__name__})
            assert_nothing_is_found(paths, files)
