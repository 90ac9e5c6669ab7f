"""Behind a pooler each transaction has whichever session is free: nothing that is set for a session holds."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Connection, text

from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import Database, open_database
from adapters.sql.migrations import migrate
from adapters.sql.schema_state import SchemaState, schema_state
from adapters.sql.store import SqlStore
from application.ports.claims_and_settlements import Due
from domain.errors import StoreFault, StoreUnavailable
from support import servers
from support.builders import APP, MINUTE, a_due_grant
from support.world import CountedIds, SimulatedClock

TIME_OUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.fixture(scope="module")
def pgbouncer(postgres_server: servers.Postgres) -> Iterator[servers.PgBouncer]:
    with servers.pgbouncer(postgres_server) as server:
        yield server


@pytest.fixture
def pooled(pgbouncer: servers.PgBouncer, migrated_postgres_url: str) -> Iterator[Database]:
    database = open_database(pgbouncer.url(migrated_postgres_url))
    yield database
    database.dispose()


def shown(connection: Connection, *names: str) -> list[object]:
    return [connection.execute(text(f"SHOW {name}")).scalar_one() for name in names]


def test_time_outs_and_level_come_with_each_transaction(pooled: Database) -> None:
    with pooled.reading() as one, pooled.writing() as another:
        assert shown(one, *TIME_OUTS, "transaction_isolation", "transaction_read_only") == [
            "4s", "3s", "30s", "repeatable read", "on",
        ]  # fmt: skip
        assert shown(another, *TIME_OUTS, "transaction_isolation", "transaction_read_only", "timezone") == [
            "4s", "3s", "30s", "read committed", "off", "UTC",
        ]  # fmt: skip


def test_nothing_is_left_behind_for_others_of_the_pool(pooled: Database, pgbouncer: servers.PgBouncer) -> None:
    for _ in range(5):
        with pooled.writing() as connection:
            connection.execute(text("SELECT 1"))
            connection.commit()
    with psycopg.connect(pgbouncer.url(str(pooled.engine.url)).replace("+psycopg", ""), autocommit=True) as other:
        left = [other.execute(f"SHOW {name}").fetchone() for name in TIME_OUTS]
        prepared = other.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
    assert left == [("0",)] * 3
    assert prepared == (0,)


def test_a_schema_is_migrated_through_a_pooler(pgbouncer: servers.PgBouncer, postgres_url: str) -> None:
    url = pgbouncer.url(postgres_url)
    migrate(url)
    database = open_database(url)
    assert schema_state(database) is SchemaState.CURRENT
    database.dispose()


def test_many_threads_claim_each_grant_once_through_few_sessions(pooled: Database) -> None:
    store, claims = SqlStore(pooled), SqlClaims(pooled, host="here", ids=CountedIds(), clock=SimulatedClock())
    with store.write() as work:
        for n in range(60):
            work.grants.add(a_due_grant(f"grant-{n:02}"))
        work.commit()

    def take(_: int) -> list[str]:
        return [claim.grant.id for claim in claims.take_due(APP, limit=5, lease=MINUTE, due=Due())]

    with ThreadPoolExecutor(12) as threads:
        taken = [grant for some in threads.map(take, range(12)) for grant in some]
    assert len(taken) == len(set(taken)) == 60


def test_a_statement_that_the_pooler_holds_back_is_given_up(
    postgres_server: servers.Postgres, migrated_postgres_url: str
) -> None:
    with servers.pgbouncer(postgres_server, sessions=1) as narrow:
        database = open_database(narrow.url(migrated_postgres_url))
        began = time.monotonic()
        with database.writing():
            assert fault_of(database) is StoreFault.TIMEOUT
        assert 4 < time.monotonic() - began < 20  # and not the two minutes for which PgBouncer would hold it
        assert schema_state(database) is SchemaState.CURRENT
        database.dispose()


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        ("options", StoreFault.STARTUP_REFUSED),
        ("clients", StoreFault.TOO_MANY_CONNECTIONS),
        ("server", StoreFault.POOLER),
    ],
)
def test_each_trouble_with_a_pooler_is_told_apart(trouble: str, fault: StoreFault) -> None:
    with servers.postgres() as server, servers.pgbouncer(server, clients=1 if trouble == "clients" else 9, seconds=2) as bouncer:
        url = bouncer.url(server.url())
        first = psycopg.connect(url) if trouble == "clients" else None
        if trouble == "server":
            server.stop()
        database = open_database(f"{url}?options=-cwork_mem%3D7MB" if trouble == "options" else url)
        assert fault_of(database) is fault
        if first:
            first.close()
        database.dispose()


def fault_of(database: Database) -> StoreFault | None:
    with pytest.raises(StoreUnavailable) as caught, database.reading():
        pass
    return caught.value.fault


def test_a_pooler_of_statements_is_told_apart_and_one_of_sessions_will_do(
    postgres_server: servers.Postgres, migrated_postgres_url: str
) -> None:
    for pools, fault in (("statement", StoreFault.STATEMENT_POOLING), ("session", None)):
        with servers.pgbouncer(postgres_server, pools=pools) as bouncer:
            database = open_database(bouncer.url(migrated_postgres_url))
            if fault:
                assert fault_of(database) is fault
            else:
                assert schema_state(database) is SchemaState.CURRENT
            database.dispose()
