"""PostgreSQL as people run it: with defaults, encodings and limits of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

from adapters.sql.database import Database, open_database, place_of
from adapters.sql.migrations import migrate
from adapters.sql.schema_state import SchemaState, schema_state
from adapters.sql.store import SqlStore
from domain.errors import StoreFault, StoreUnavailable, Unstorable
from domain.ids import GrantId, OwnerId
from support import servers
from support.builders import a_grant

WRITTEN = OwnerId("анна \\ ✓")
OTHERS_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def administer(url: str, *statements: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def name_in(url: str) -> str:
    return url.rpartition("/")[2]


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = open_database(url)
    try:
        yield database
    finally:
        database.dispose()


def fault_of(do: Callable[[], object]) -> StoreFault | None:
    with pytest.raises(StoreUnavailable) as caught:
        do()
    return caught.value.fault


def test_after_a_failover_the_read_only_sessions_are_thrown_away(new_postgres_url: str) -> None:
    administer(new_postgres_url, f"ALTER DATABASE {name_in(new_postgres_url)} SET default_transaction_read_only = on")
    with opened(new_postgres_url) as database:
        with database.reading(), database.reading(), database.reading():
            pass  # three sessions, as they were opened while the server was a standby
        assert fault_of(database.try_write) is StoreFault.READ_ONLY
        administer(
            new_postgres_url, "SET default_transaction_read_only = off", f"ALTER DATABASE {name_in(new_postgres_url)} RESET ALL"
        )
        for _ in range(4):
            database.try_write()


def test_a_session_that_says_its_server_cannot_do_that_is_not_used_again(new_postgres_url: str) -> None:
    with opened(new_postgres_url) as database:
        with database.writing() as connection:
            first = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with pytest.raises(StoreUnavailable):
                connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'not in a standby' USING ERRCODE = '0A000'; END $$"))
        with database.writing() as connection:
            assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != first


def test_a_server_that_has_ended_idle_sessions_is_not_noticed(new_postgres_url: str) -> None:
    with opened(new_postgres_url) as database:
        with database.reading(), database.writing():
            pass
        administer(
            new_postgres_url,
            OTHERS_END,
        )
        for _ in range(3):
            database.try_write()


def test_a_server_that_cannot_be_written_is_told_before_a_change_is_tried(new_postgres_url: str) -> None:
    administer(new_postgres_url, "CREATE ROLE reader LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    with opened(new_postgres_url.replace("postgres@", "reader@")) as database:
        assert schema_state(database) is SchemaState.CURRENT
        assert fault_of(database.try_write) is StoreFault.NOT_PERMITTED
    administer(new_postgres_url, "DROP OWNED BY reader", "DROP ROLE reader")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("default_transaction_isolation", "serializable"),
        ("datestyle", "German"),
        ("timezone", "America/St_Johns"),
        ("client_encoding", "LATIN1"),
        ("bytea_output", "escape"),
        ("standard_conforming_strings", "off"),
    ],
)
def test_a_servers_own_defaults_change_nothing(new_postgres_url: str, setting: str, value: str) -> None:
    administer(new_postgres_url, f"ALTER DATABASE {name_in(new_postgres_url)} SET {setting} = '{value}'")
    with opened(new_postgres_url) as database:
        with SqlStore(database).write() as work:
            work.grants.add(a_grant(owner=WRITTEN))
            work.commit()
        with SqlStore(database).read() as work:
            [grant] = work.grants.get([GrantId("grant-1")])
            assert (grant.owner, grant.created_at) == (WRITTEN, a_grant().created_at)
            assert grant.tokens == a_grant().tokens
        with database.writing() as connection:
            assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "WIN1252"])
def test_a_database_that_cannot_hold_every_text_is_refused(postgres_server: servers.Postgres, encoding: str) -> None:
    name = f"other_{encoding.lower()}"
    administer(postgres_server.url(), f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    url = postgres_server.url(name)
    assert fault_of(lambda: migrate(url)) is StoreFault.NOT_UTF8
    with opened(url) as database:
        assert fault_of(lambda: schema_state(database)) is StoreFault.NOT_UTF8
    postgres_server.drop_database(url)


def test_nobody_may_create_tables_in_public_since_postgresql_15(postgres_server: servers.Postgres) -> None:
    url = postgres_server.new_database()
    administer(url, "CREATE ROLE connect LOGIN", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    assert fault_of(lambda: migrate(url.replace("postgres@", "connect@"))) is StoreFault.NOT_PERMITTED
    administer(url, "GRANT USAGE, CREATE ON SCHEMA public TO connect")
    migrate(url.replace("postgres@", "connect@"))
    postgres_server.drop_database(url)
    administer(postgres_server.url(), "DROP ROLE connect")


def test_a_search_path_that_leads_nowhere_is_told(postgres_server: servers.Postgres) -> None:
    url = postgres_server.new_database()
    administer(url, f"ALTER DATABASE {name_in(url)} SET search_path = 'nowhere'")
    assert fault_of(lambda: migrate(url)) is StoreFault.NO_SCHEMA
    postgres_server.drop_database(url)


def test_too_many_connections_are_told_apart(postgres_server: servers.Postgres) -> None:
    url = postgres_server.url()
    administer(url, "CREATE ROLE limited LOGIN CONNECTION LIMIT 1")
    limited = url.replace("postgres@", "limited@")
    with psycopg.connect(limited), opened(limited) as database:
        assert fault_of(lambda: schema_state(database)) is StoreFault.TOO_MANY_CONNECTIONS
    administer(url, "DROP ROLE limited")


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("nonsense=1", StoreFault.UNKNOWN_PARAMETER),
        ("sslmode=on", StoreFault.UNKNOWN_PARAMETER),
        ("sslmode=require", StoreFault.TLS),
        ("options=-cnonsense%3D1", StoreFault.STARTUP_REFUSED),
        ("target_session_attrs=standby", StoreFault.READ_ONLY),
    ],
)
def test_a_url_that_the_server_does_not_agree_with_is_told_apart(
    postgres_server: servers.Postgres, query: str, fault: StoreFault
) -> None:
    with opened(f"{postgres_server.url()}?{query}") as database:
        assert fault_of(lambda: schema_state(database)) is fault


def test_a_process_holds_no_more_connections_than_it_may(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url, connections=2)
    with database.reading(), database.reading():
        assert fault_of(lambda: schema_state(database)) is StoreFault.POOL_EXHAUSTED
    assert schema_state(database) is SchemaState.CURRENT
    database.dispose()


@pytest.mark.parametrize("value", ["a NUL \0", "a lone surrogate \ud800", "half an emoji \udc00"])
def test_a_text_that_no_database_holds_is_told_apart(migrated_postgres_url: str, value: str) -> None:
    with opened(migrated_postgres_url) as database, pytest.raises(Unstorable) as caught, SqlStore(database).write() as work:
        work.grants.add(a_grant(owner=OwnerId(value)))
    assert value not in str(caught.value)


def test_of_several_hosts_the_one_is_used_that_answers(postgres_server: servers.Postgres) -> None:
    dead, alive = f"127.0.0.1:{servers.free_port()}", f"127.0.0.1:{postgres_server.port}"
    with opened(f"postgresql+psycopg://postgres@/postgres?host={dead}&host={alive}&target_session_attrs=read-write") as database:
        with database.writing() as connection:
            assert connection.execute(text("SELECT 17")).scalar_one() == 17
        assert place_of(database.engine.url) == f"postgresql postgres at {dead} or {alive}"


def test_a_lock_that_others_hold_is_told_apart(migrated_postgres_url: str) -> None:
    with opened(migrated_postgres_url) as database, database.writing() as connection:
        connection.execute(text("LOCK TABLE heartbeats"))
        assert fault_of(database.try_write) is StoreFault.LOCKED
