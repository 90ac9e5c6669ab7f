import socket

import psycopg
import pytest
import redis
from playwright.sync_api import sync_playwright

from support import servers


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_port_is_given_once_with_its_next_one_and_lies_below_those_of_outgoing_connections() -> None:
    ports = [servers.free_port() for _ in range(100)]
    assert len({place for port in ports for place in (port, port + 1)}) == 200
    with socket.create_server(("127.0.0.1", 0)) as anybody, socket.create_connection(anybody.getsockname()) as outgoing:
        assert max(ports) + 1 < outgoing.getsockname()[1]


def test_a_database_is_empty_and_ones_own(postgres_url: str, postgres_server: servers.Postgres) -> None:
    rows(postgres_url, "CREATE TABLE mine (id int)")
    another = postgres_server.new_database()
    try:
        assert rows(another, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    finally:
        postgres_server.drop_database(another)


def test_a_database_can_be_copied_from_a_template(postgres_url: str, postgres_server: servers.Postgres) -> None:
    rows(postgres_url, "CREATE TABLE grown AS SELECT 1 AS id")
    copy = postgres_server.new_database(template=postgres_url.rpartition("/")[2])
    try:
        assert rows(copy, "SELECT id FROM grown") == [(1,)]
    finally:
        postgres_server.drop_database(copy)


def test_what_a_test_left_in_the_tables_is_gone_for_the_next_one_whoever_holds_it(
    migrated_postgres_url: str, postgres_server: servers.Postgres
) -> None:
    rows(migrated_postgres_url, "INSERT INTO heartbeats VALUES ('worker', 'here', 1, now())")
    left_open = psycopg.connect(migrated_postgres_url)
    left_open.execute("INSERT INTO heartbeats VALUES ('worker', 'here', 2, now())")
    postgres_server.empty(migrated_postgres_url)
    left_open.close()
    assert rows(migrated_postgres_url, "SELECT count(*) FROM heartbeats") == [(0,)]
    assert rows(migrated_postgres_url, "SELECT count(*) FROM alembic_version") == [(1,)]


def test_a_durable_postgres_keeps_what_was_committed_when_it_is_killed() -> None:
    with servers.postgres(durable=True) as server:
        url = server.new_database()
        rows(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        server.start()
        assert rows(url, "SELECT answer FROM kept") == [(42,)]
        assert rows(url, "SHOW fsync") == [("on",)]


def test_a_stopped_postgres_starts_again_at_the_same_address() -> None:
    with servers.postgres() as server:
        url = server.new_database()
        server.stop()
        server.stop()
        server.start()
        assert rows(url, "SELECT 1") == [(1,)]


def test_redis_is_empty_at_the_start_of_a_test(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


def test_redis_is_empty_again_for_the_next_test(redis_url: str) -> None:
    test_redis_is_empty_at_the_start_of_a_test(redis_url)


def test_redis_can_be_killed_and_started_again() -> None:
    with servers.redis_server() as server, redis.Redis.from_url(server.url()) as client:
        server.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        server.start()
        assert client.ping()


def test_rabbitmq_answers_until_it_is_killed() -> None:
    with servers.rabbitmq() as server:
        assert server.answers()
        server.kill()
        assert not server.answers()


def test_no_test_reaches_another_machine() -> None:
    with socket.socket() as visitor, pytest.raises(Warning, match=r"192\.0\.2\.1"):  # an address of RFC 5737
        visitor.connect(("192.0.2.1", 80))


def test_chromium_shows_a_page(chromium_path: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])  # root has no sandbox
        page = browser.new_page()
        page.set_content("<h1>Connected</h1>")
        assert page.get_by_role("heading").inner_text() == "Connected"
