import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import Database, open_database
from adapters.sql.fleet import SqlFleet
from adapters.sql.heartbeats import SqlHeartbeats
from adapters.sql.migrations import migrate
from adapters.sql.schema_state import SchemaState, schema_state
from adapters.sql.store import SqlStore
from application.ports.claims_and_settlements import Due, Settlement
from domain.errors import Conflict, StoreUnavailable, Unstorable
from domain.ids import GrantId
from support import servers
from support.builders import APP, MINUTE, POLICY, START, a_due_grant, a_grant, a_pair
from support.world import CountedIds, SimulatedClock


@contextmanager
def soon() -> Iterator[None]:
    """Within ten seconds, on a busy machine: the time-outs here are of four at the most, those by default of thirty."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 10


def claims_of(database: Database) -> SqlClaims:
    return SqlClaims(database, host="here", ids=CountedIds(), clock=SimulatedClock())


def add(database: Database) -> None:
    with SqlStore(database).write() as work:
        work.grants.add(a_due_grant())
        work.commit()


def count(database: Database) -> int:
    with SqlStore(database).read() as work:
        return len(work.grants.get([GrantId("grant-1")]))


def every_port(database: Database) -> dict[str, Callable[[], object]]:
    claims, grant = claims_of(database), GrantId("grant-1")
    heartbeats = SqlHeartbeats(database)
    return {
        "take_due": lambda: claims.take_due(APP, limit=1, lease=MINUTE, due=Due()),
        "take": lambda: claims.take(grant, generation=1, lease=MINUTE),
        "count_due": lambda: claims.count_due(APP, Due()),
        "add": lambda: add(database),
        "read": lambda: count(database),
        "fleet": lambda: SqlFleet(database).counts(START, overdue_after=MINUTE),
        "beat": lambda: heartbeats.beat("worker", "here", 1),
        "latest": lambda: heartbeats.latest("worker"),
        "schema_state": lambda: schema_state(database),
    }


def test_a_stopped_server_is_told_at_once_and_found_again_without_new_objects() -> None:
    with servers.postgres(durable=True) as server:
        url = server.new_database()
        migrate(url)
        database = open_database(url)
        add(database)
        claims = claims_of(database)
        [claim] = claims.take_due(APP, limit=1, lease=MINUTE, due=Due())
        grant = claim.grant
        grant.rotate(a_pair("fresh"), "print", from_generation=1, policy=POLICY, now=START)
        ports = every_port(database)
        for stop in server.stop, server.kill:
            stop()
            for call in ports.values():
                with soon(), pytest.raises(StoreUnavailable):
                    call()
            with pytest.raises(StoreUnavailable):
                claims.settle(grant, claim)
            assert grant.events
            server.start()
            assert count(database) == 1
            server.stop()
            server.start()
            assert count(database) == 1  # over connections that nobody has seen dead
            assert schema_state(database) is SchemaState.CURRENT
        assert claims.settle(grant, claim) is Settlement.STORED
        database.dispose()


def test_a_server_that_stops_within_a_unit_of_work_undoes_it() -> None:
    with servers.postgres(durable=True) as server:
        url = server.new_database()
        migrate(url)
        database = open_database(url)

        def stop_within() -> None:
            with SqlStore(database).write() as work:
                work.grants.add(a_grant())
                server.stop()
                work.commit()

        with soon(), pytest.raises(StoreUnavailable):
            stop_within()
        server.start()
        with SqlStore(database).read() as work:
            assert work.grants.get([GrantId("grant-1")]) == []
        with SqlStore(database).write() as work:
            work.grants.add(a_grant())
            server.stop()  # and nobody commits
        server.start()
        assert count(database) == 0
        database.dispose()


def test_a_server_that_nobody_answers_for_is_told_soon() -> None:
    database = open_database("postgresql://nobody@127.0.0.1:9/none")
    with soon(), pytest.raises(StoreUnavailable):
        count(database)


def test_a_statement_that_waits_too_long_for_a_lock_says_so(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url)
    add(database)
    with SqlStore(database).write() as work:
        work.grants.get([GrantId("grant-1")])
        with soon(), pytest.raises(StoreUnavailable, match="55P03"):
            claims_of(database).take(GrantId("grant-1"), generation=1, lease=MINUTE)
    assert claims_of(database).take(GrantId("grant-1"), generation=1, lease=MINUTE) is not None
    database.dispose()


def test_more_threads_than_connections_are_told_to_come_back(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url, connections=2)
    units = [SqlStore(database).read() for _ in range(2)]
    for unit in units:
        unit.__enter__()
    with soon(), pytest.raises(StoreUnavailable):
        count(database)
    for unit in units:
        unit.__exit__(None, None, None)
    assert count(database) == 0
    database.dispose()


def test_a_sqlite_file_that_another_process_holds_is_told_soon(migrated_sqlite_url: str) -> None:
    database = open_database(migrated_sqlite_url)
    other = sqlite3.connect(migrated_sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with soon(), pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
        add(database)
    assert count(database) == 0  # readers don't mind
    other.close()
    add(database)
    assert count(database) == 1
    database.dispose()


def test_a_writer_of_sqlite_waits_for_another_process(migrated_sqlite_url: str) -> None:
    database = open_database(migrated_sqlite_url)
    other = sqlite3.connect(migrated_sqlite_url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    timer.start()
    add(database)
    timer.join()
    assert count(database) == 1
    other.close()
    database.dispose()


@pytest.mark.parametrize("ruin", ("no folder", "no tables", "no database"))
def test_a_file_that_is_no_database_of_ours_is_unavailable(tmp_path: Path, ruin: str) -> None:
    file = tmp_path / "folder" / "test.db"
    if ruin != "no folder":
        file.parent.mkdir()
        file.write_bytes(b"no database" * 1000 if ruin == "no database" else b"")
    database = open_database(f"sqlite:///{file}")
    for name, call in every_port(database).items():
        if not (ruin == "no tables" and name == "schema_state"):
            with pytest.raises(StoreUnavailable):
                call()
    database.dispose()


def test_an_error_quotes_no_values(database: Database) -> None:
    add(database)
    with pytest.raises(Conflict) as caught:
        add(database)
    error: BaseException | None = caught.value
    while error:
        assert "of grant-1" not in str(error)
        error = error.__cause__


def test_a_value_that_no_database_takes_is_refused_without_being_quoted(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url)
    with SqlStore(database).read() as work, pytest.raises(Unstorable) as caught:
        work.consents.get("private\0")
    assert "private" not in str(caught.value)
    database.dispose()
