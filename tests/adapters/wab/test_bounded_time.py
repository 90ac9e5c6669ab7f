"""A dashboard's database that is slow, locked, silent, gone or a standby: whoever asks is told in bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from adapters.wab.connection_mirror import WabConnectionMirror
from application.ports.connection_mirror import MirrorUnavailable, RowOutcome
from domain.ids import ConnectionId
from domain.mirrored_row import Remove
from support import servers
from support.builders import START
from support.dashboard_database import ANNA, OURS, DashboardDatabase, showing
from support.silent_proxy import silent_proxy

AT_ONCE = 8
"""Seconds on a busy machine. By themselves: 0.5 for a lock, 1 for a statement, 2 for an answer, 2 for a connection."""

OTHERS_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def opened(url: str) -> Iterator[WabConnectionMirror]:
    mirror = WabConnectionMirror(url)
    try:
        yield mirror
    finally:
        mirror.dispose()


@contextmanager
def at_once() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < AT_ONCE


def every_question(mirror: WabConnectionMirror) -> dict[str, Callable[[], object]]:
    return {
        "settle": lambda: mirror.settle(OURS, lambda _: showing()),
        "row_is_there": lambda: mirror.row_is_there(OURS, ANNA),
        "is_user": lambda: mirror.is_user(ANNA),
        "look": lambda: mirror.look([ANNA]),
        "lacks": mirror.lacks,
        "mark_stale": lambda: mirror.mark_stale(OURS, ANNA, START),
    }


def assert_unavailable(mirror: WabConnectionMirror, words: str, *, questions: Iterable[str]) -> None:
    """Each question is refused at once, with these words and without the address."""
    asks = every_question(mirror)
    for name in questions:
        with at_once(), pytest.raises(MirrorUnavailable, match=words) as caught:
            asks[name]()
        assert "postgres" not in str(caught.value)


def test_a_locked_table_is_not_waited_for(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    with psycopg.connect(dashboard.owner_url) as other:
        other.execute("LOCK TABLE ad_platform_connections")
        for name in ("settle", "row_is_there", "look", "mark_stale"):
            with at_once(), pytest.raises(MirrorUnavailable, match="others hold a lock"):
                every_question(mirror)[name]()
        assert mirror.is_user(ANNA)
        assert mirror.lacks() == []
    assert mirror.settle(OURS, lambda _: showing()).outcome is RowOutcome.THERE


def test_a_locked_row_is_not_waited_for(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    mirror.settle(OURS, lambda _: showing())
    with psycopg.connect(dashboard.owner_url) as other:
        other.execute("SELECT FROM ad_platform_connections FOR UPDATE")
        with at_once(), pytest.raises(MirrorUnavailable, match="others hold a lock"):
            mirror.settle(OURS, lambda _: Remove())
        assert mirror.row_is_there(OURS, ANNA)
        assert len(mirror.look([]).rows) == 1


def test_a_statement_that_takes_too_long_is_ended(altered: WabConnectionMirror, new_dashboard: DashboardDatabase) -> None:
    new_dashboard.do(
        "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$",
        "CREATE TRIGGER doze BEFORE INSERT ON ad_platform_connections FOR EACH ROW EXECUTE FUNCTION doze()",
    )
    with at_once(), pytest.raises(MirrorUnavailable, match="timeout"):
        altered.settle(OURS, lambda _: showing())
    assert new_dashboard.shown_to(ANNA) == []


def test_a_server_that_falls_silent_is_not_waited_for(dashboard: DashboardDatabase) -> None:
    dashboard.add_user(ANNA)
    server = dashboard.server
    with silent_proxy(server.port) as proxy, opened(dashboard.url.replace(f":{server.port}/", f":{proxy.port}/")) as through:
        assert through.is_user(ANNA)
        proxy.fall_silent()
        assert_unavailable(through, "timeout", questions=["is_user", "settle", "look"])
        proxy.speak()
        assert through.settle(OURS, lambda _: showing()).outcome is RowOutcome.THERE


def test_a_server_that_is_gone_is_told_at_once_and_found_again() -> None:
    with servers.postgres(durable=True) as server:
        dashboard = DashboardDatabase(server, server.new_database())
        dashboard.add_user(ANNA)
        with opened(dashboard.url) as mirror:
            assert mirror.settle(OURS, lambda _: showing()).outcome is RowOutcome.THERE
            before = mirror.look([]).identity
            server.kill()
            assert_unavailable(mirror, "connection refused", questions=every_question(mirror))
            server.start()
            after = mirror.look([])
            assert [row.connection for row in after.rows] == [OURS]
            assert (after.identity.system, after.identity.table) == (before.system, before.table)
            assert before.position is not None
            assert after.identity.position is not None
            assert before.position <= after.identity.position, "a crash alone does not go back"
        dashboard.close()


def test_connections_that_the_server_has_ended_are_not_noticed(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    for ask in every_question(mirror).values():
        with psycopg.connect(dashboard.owner_url, autocommit=True) as other:
            ask()
            other.execute(OTHERS_END.replace("pid <>", f"usename = '{dashboard.role}' AND pid <>"))
        ask()


def test_sessions_of_a_server_that_only_reads_are_not_used_again(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase
) -> None:
    """A fail-over leaves them open to what is the standby now; new ones lead to the primary."""
    new_dashboard.do(f"ALTER DATABASE {new_dashboard.name} SET default_transaction_read_only = on")
    with pytest.raises(MirrorUnavailable, match="read-only"):
        altered.settle(OURS, lambda _: showing())
    new_dashboard.do(f"ALTER DATABASE {new_dashboard.name} RESET default_transaction_read_only")
    assert altered.settle(OURS, lambda _: showing()).outcome is RowOutcome.THERE


def test_more_threads_than_connections_are_told_at_once(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    with psycopg.connect(dashboard.owner_url) as other, ThreadPoolExecutor(12) as threads:
        other.execute("LOCK TABLE ad_platform_connections")

        def settle(number: int) -> str:
            name = ConnectionId(f"01934f6e-7a00-7abc-8def-{number:012}")
            with at_once(), pytest.raises(MirrorUnavailable) as caught:
                mirror.settle(name, lambda _: Remove())
            return str(caught.value)

        reasons = set(threads.map(settle, range(12)))
    assert any("others hold a lock" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.replace("mirror_", "nobody_"), "login refused"),
        (lambda url: url.replace("/test_", "/nothing_"), "no such database"),
        (lambda url: url + "?sslmode=require", "TLS"),
    ],
    ids=["login", "database", "TLS"],
)
def test_why_there_is_no_connection_is_told(dashboard: DashboardDatabase, change: Callable[[str], str], words: str) -> None:
    with opened(change(dashboard.url)) as mirror, pytest.raises(MirrorUnavailable, match=words) as caught:
        mirror.look([])
    assert dashboard.name not in str(caught.value)
    assert dashboard.role not in str(caught.value)


def test_a_pgbouncer_may_stand_between(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    with servers.pgbouncer(dashboard.server, sessions=2) as bouncer:
        (bouncer.folder / "users").write_text(f'"postgres" ""\n"{dashboard.role}" ""\n')
        bouncer.stop()
        bouncer.start()
        with opened(bouncer.url(dashboard.url)) as through, ThreadPoolExecutor(4) as threads:
            assert through.lacks() == []
            names = [ConnectionId(f"01934f6e-7a00-7abc-8def-{n:012}") for n in range(24)]
            reports = threads.map(lambda name: through.settle(name, lambda _: Remove()).outcome, names)
            assert set(reports) == {RowOutcome.GONE}
            assert through.settle(OURS, lambda _: showing()).outcome is RowOutcome.THERE
            assert through.look([ANNA]).identity.system == mirror.look([ANNA]).identity.system
        with psycopg.connect(bouncer.url(dashboard.owner_url), autocommit=True) as other:
            left = [other.execute(f"SHOW {name}").fetchone() for name in ("statement_timeout", "lock_timeout", "timezone")]
        assert left == [("0",), ("0",), ("America/New_York",)], "nothing is left behind in its sessions"


def test_a_pgbouncer_without_a_free_session_is_not_waited_for(dashboard: DashboardDatabase) -> None:
    with servers.pgbouncer(dashboard.server, sessions=1) as bouncer:
        (bouncer.folder / "users").write_text(f'"postgres" ""\n"{dashboard.role}" ""\n')
        bouncer.stop()
        bouncer.start()
        with opened(bouncer.url(dashboard.url)) as through, psycopg.connect(bouncer.url(dashboard.url)) as other:
            other.execute("SELECT 1")
            assert_unavailable(through, "timeout", questions=["settle"])


def test_a_standby_is_seen_as_one_and_takes_no_change() -> None:
    with servers.postgres() as server:
        dashboard = DashboardDatabase(server, server.new_database())
        dashboard.add_user(ANNA)
        with opened(dashboard.url) as mirror:
            mirror.settle(OURS, lambda _: showing())
            primary = mirror.look([ANNA])
        with (
            servers.copied_postgres(server, standby=True) as copy,
            opened(dashboard.url.replace(f":{server.port}/", f":{copy.port}/")) as mirror,
        ):
            look = mirror.look([ANNA])
            assert look.standby
            assert not primary.standby
            assert (look.identity.system, look.identity.table) == (primary.identity.system, primary.identity.table)
            assert look.identity.position is None
            assert look.rows == primary.rows
            with at_once(), pytest.raises(MirrorUnavailable, match="read-only"):
                mirror.settle(OURS, lambda _: Remove())
            copy.promote()
            assert eventually_settles(mirror)
        dashboard.close()


def eventually_settles(mirror: WabConnectionMirror) -> bool:
    """A standby that becomes the primary is written, though its sessions began on a standby."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return mirror.settle(OURS, lambda _: Remove()).outcome is RowOutcome.GONE
        except MirrorUnavailable:
            time.sleep(0.1)
    return False
