from __future__ import annotations

import json
import signal
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from adapters.sql import tables
from support import servers
from support.deployment import deployment
from support.processes import eventually


def test_doctor_finds_nothing_wrong_with_a_whole_deployment(tmp_path: Path) -> None:
    with servers.redis_server() as server, deployment(tmp_path) as here:
        here.connect()
        here.environ["REDIS_URL"] = server.url()
        answer = here.run("doctor")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert [line.split()[:2] for line in answer.stdout.splitlines()] == [
        ["ok", "configuration"],
        ["ok", "database"],
        ["ok", "identity"],
        ["ok", "server"],
        ["ok", "keys"],
        ["ok", "journal"],
        ["ok", "redis"],
        ["ok", "broker"],
        ["ok", "worker"],
        ["ok", "beat"],
        ["ok", "TikTok"],
        ["ok", "app"],
    ]
    assert "1 stored tokens were opened" in answer.stdout
    assert f"{tmp_path / 'journal'} can be written (mode 0700)" in answer.stdout
    assert "TikTok takes TIKTOK_APP_ID and TIKTOK_APP_SECRET, tried with a stored token" in answer.stdout


def test_doctor_warns_of_a_beat_whose_messages_stopped_and_fails_for_none_of_it(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        with here.container.database().writing() as connection:
            at = here.container.clock().now() - timedelta(minutes=4)
            connection.execute(insert(tables.heartbeats).values(component="beat", host="here", pid=1, beaten_at=at))
            connection.commit()
        here.container.heartbeats().beat("worker", "here", 2)
        answer = here.run("doctor")
    [line] = [line for line in answer.stdout.splitlines() if line.startswith("warn")]
    assert "beat" in line
    assert "see that `tiktok-connect beat` runs" in line
    assert answer.returncode == 0


def test_doctor_tells_everything_that_is_away_each_with_its_remedy(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{servers.free_port()}"
    environ = {"CELERY_BROKER_URL": f"redis://{nowhere}/0"}
    with deployment(tmp_path, environ=environ) as here:
        here.connect()
        here.environ["TIKTOK_API_URL"] = f"http://{nowhere}/open_api/v1.3"
        here.environ["TOKEN_ENCRYPTION_KEYS"] = "another:" + "5e" * 31 + "a7"
        here.environ["REDIS_URL"] = f"redis://:a-password-of-ours@{nowhere}/1"
        here.environ["JOURNAL_DIR"] = str(tmp_path / "connect.db")
        answer = here.run("doctor")
    failed = [line for line in answer.stdout.splitlines() if line.startswith("FAIL")]
    assert answer.returncode == 1
    assert [line.split()[1] for line in failed] == ["keys", "journal", "redis", "broker", "TikTok"]
    variables = ("JOURNAL_DIR", "REDIS_URL", "CELERY_BROKER_URL", "TIKTOK_API_URL")
    assert [name in line for name, line in zip(variables, failed[1:], strict=True)] == [True] * 4
    assert "a-password-of-ours" not in answer.stdout + answer.stderr


def test_doctor_names_migrate_where_the_schema_is_missing(tmp_path: Path) -> None:
    with deployment(tmp_path, migrated=False) as here:
        answer = here.run("doctor")
    assert (answer.returncode, "tiktok-connect migrate" in answer.stdout) == (1, True)
    assert [line.split()[1] for line in answer.stdout.splitlines()] == [
        "configuration",
        "schema",
        "keys",
        "journal",
        "broker",
        "TikTok",
        "app",
    ]


def test_doctor_reports_all_faults_of_a_configuration(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        here.environ.update(TIKTOK_QPS="many", CRON_SECRET="short")
        answer = here.run("doctor")
    assert answer.returncode == 1
    assert [line.split()[2] for line in answer.stdout.splitlines() if line.startswith("FAIL")] == ["TIKTOK_QPS", "CRON_SECRET"]


def test_status_counts_the_fleet_for_people_and_for_programs(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        here.connect()
        here.connect("bert", "ben")
        text, data = here.run("status"), json.loads(here.run("status", "--json").stdout)
    assert "2 active" in text.stdout
    assert data["grants"] == [{"app": here.tiktok.app_id, "health": "active", "count": 2}]
    assert (data["due"], data["overdue"], data["connections"]) == (0, 0, 2)
    assert data["capacity"] == 388_800  # 10 calls a second for 12 hours, less a tenth
    assert data["atRisk"] == {"1h": 0, "6h": 0, "12h": 0}
    assert data["lastSeen"] == {"worker": None, "beat": None}
    assert data["at"].endswith("Z")


def test_refresh_renews_what_is_asked_for(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        ours, other = here.connect(), here.connect("bert", "ben")
        due = here.run("refresh")
        assert (due.returncode, due.stdout) == (0, "refreshed 0, failed 0, skipped 0, remaining 0\n")
        one = here.run("refresh", "--connection", ours)
        assert (one.returncode, one.stdout.startswith("renewed; good until")) == (0, True)
        assert (here.generation(ours), here.generation(other)) == (2, 1)
        every = here.run("refresh", "--all")
        assert (every.returncode, every.stdout) == (0, "refreshed 2, failed 0, skipped 0, remaining 0\n")
        assert (here.generation(ours), here.generation(other)) == (3, 2)
        assert here.tiktok.control.stats()["reuses"] == 0


def test_refresh_fails_when_a_grant_is_refused(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        ours = here.connect()
        here.tiktok.control.revoke("ana")
        every, one = here.run("refresh", "--all"), here.run("refresh", "--connection", ours)
    assert (every.returncode, every.stdout) == (1, "refreshed 0, failed 1, skipped 0, remaining 0\n")
    assert [line for line in every.stderr.splitlines() if not line.startswith("… ")] == [  # progress, where it takes long
        "tiktok-connect: TikTok refused 1: they are tried again by themselves before anybody is asked to act"
    ]
    assert one.returncode == 1
    assert one.stderr == (
        f"tiktok-connect: connection {ours} was not renewed: TikTok refused it (refresh_token_refused): "
        "its user has to connect the account again\n"
    )


def test_refresh_says_what_to_do_where_no_key_opens_a_token(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        ours = here.connect()
        here.environ["TOKEN_ENCRYPTION_KEYS"] = "another:" + "5e" * 31 + "a7"
        answer = here.run("refresh", "--connection", ours)
    *_, line = answer.stderr.splitlines()
    assert answer.returncode == 1
    assert "TOKEN_ENCRYPTION_KEYS" in line
    assert [name for name in ("Traceback", "PlatformMisconfigured", "CannotOpen") if name in answer.stderr] == []


@pytest.mark.parametrize("which", ["--all", "--connection"])
def test_refresh_waits_until_grants_in_doubt_may_be_renewed(which: str, tmp_path: Path) -> None:
    with deployment(tmp_path, environ={"TIKTOK_QPS": "1"}) as here:
        ours = here.connect()
        here.leave_in_doubt()
        answer = here.run("refresh", which, *([ours] if which == "--connection" else []))
        assert (answer.returncode, here.generation(ours)) == (0, 2), answer.stderr
    assert "s more for grants in doubt" in answer.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_refresh_that_waits_can_be_ended(how: signal.Signals, tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        ours = here.connect()
        here.leave_in_doubt()
        with here.start("refresh", "--connection", ours) as refresh:
            refresh.says("s more for grants in doubt")
            assert refresh.terminate(how) == 1
        assert here.generation(ours) == 1
    assert refresh.told().splitlines()[-1] == f"tiktok-connect: stopped before connection {ours} was renewed"


def test_an_interrupted_refresh_settles_what_is_under_way_and_gives_back_the_rest(tmp_path: Path) -> None:
    with deployment(tmp_path, environ={"TIKTOK_QPS": "1000"}) as here:
        connections = [here.connect(f"owner-{n}") for n in range(12)]
        here.tiktok.control.configure(latency_ms=1000)
        here.environ["TIKTOK_QPS"] = "5"
        with here.start("refresh", "--all") as refresh:
            eventually(lambda: here.tiktok.control.stats()["maxInFlight"] >= 2, why=refresh.told)
            assert refresh.terminate(signal.SIGINT) == 1
        generations = [here.generation(connection) for connection in connections]
        assert set(generations) == {1, 2}
        assert here.tiktok.control.stats()["refreshes"] == generations.count(2)
        assert f"refreshed {generations.count(2)}, failed 0, skipped {generations.count(1)}" in refresh.told()


def test_refresh_of_an_unknown_connection_says_so(tmp_path: Path) -> None:
    unknown = str(uuid.uuid4())
    with deployment(tmp_path) as here:
        answers = [here.run("refresh", "--connection", name) for name in (unknown, "not a uuid")]
    assert [(a.returncode, "there is no connection" in a.stderr) for a in answers] == [(1, True), (1, True)]


@pytest.mark.parametrize(
    ("version", "term", "warned"),
    (("v1.3", "short", True), ("v1.3", "long", True), ("v1.3", "as-issued", False), ("v2.0", "short", False)),
)
def test_doctor_warns_of_a_term_that_the_version_does_not_take(tmp_path: Path, version: str, term: str, *, warned: bool) -> None:
    with deployment(tmp_path, environ={"TIKTOK_TOKEN_TERM": term}, auth_version=version) as here:
        answer = here.run("doctor")
    assert answer.returncode == 0, "what works is no failure"
    lines = [line for line in answer.stdout.splitlines() if line.startswith("warn")]
    assert len(lines) == warned
    assert all("TIKTOK_AUTH_API_URL" in line for line in lines)


def test_doctor_finds_a_wrong_secret_with_a_stored_token(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        here.connect()
        here.environ["TIKTOK_APP_SECRET"] = "not-the-secret-of-this-app"
        answer = here.run("doctor")
    [app] = [line for line in answer.stdout.splitlines() if line.split()[1] == "app"]
    assert (answer.returncode, app.split()[0]) == (1, "FAIL")
    assert "correct TIKTOK_APP_ID and TIKTOK_APP_SECRET" in app
    assert "not-the-secret-of-this-app" not in answer.stdout + answer.stderr


def test_doctor_says_why_the_secret_could_not_be_tried(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        answer = here.run("doctor")
    assert answer.returncode == 0
    assert "id and secret could not be tried: no stored token of this app is alive" in answer.stdout
