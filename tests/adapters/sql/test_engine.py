import os
from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from adapters.postgres.sqlstates import sign_of
from adapters.sql import tables
from adapters.sql.database import Database, open_database, place_of
from adapters.sql.engine import open_engine
from domain.errors import StoreFault, StoreUnavailable
from support import servers
from support.builders import START


def ask(database: Database, question: str) -> object:
    with database.reading() as connection:
        return connection.execute(text(question)).scalar_one()


def test_every_connection_to_sqlite_is_durable_and_tidy(migrated_sqlite_url: str) -> None:
    database = open_database(migrated_sqlite_url)
    with database.reading():  # so that there are two
        answers = {
            name: ask(database, f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert answers == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    database.dispose()


def test_every_connection_to_postgresql_has_its_time_outs(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url)
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone", "application_name")
    assert [ask(database, f"SHOW {name}") for name in names] == ["4s", "3s", "30s", "UTC", "tiktok-connect"]
    database.dispose()


def test_options_of_the_url_are_kept(migrated_postgres_url: str) -> None:
    database = open_database(f"{migrated_postgres_url}?options=-c%20work_mem%3D7MB&application_name=mine")
    answers = [ask(database, f"SHOW {name}") for name in ("work_mem", "statement_timeout", "application_name")]
    assert answers == ["7MB", "4s", "mine"]
    database.dispose()


def test_readers_of_postgresql_cannot_write(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url)
    assert ask(database, "SHOW transaction_read_only") == "on"
    with database.writing() as connection:
        assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "off"
    database.dispose()


def test_a_reader_sees_one_moment(database: Database) -> None:
    count = text("SELECT count(*) FROM heartbeats")
    with database.reading() as connection:
        assert connection.execute(count).scalar_one() == 0
        with database.writing() as other:
            other.execute(insert(tables.heartbeats).values(component="worker", host="here", pid=1, beaten_at=START))
            other.commit()
        assert connection.execute(count).scalar_one() == 0
    assert ask(database, "SELECT count(*) FROM heartbeats") == 1


def test_nothing_is_opened_before_the_first_use() -> None:
    engine = open_engine("sqlite:////no/such/folder/test.db", statement_within=timedelta(seconds=1))
    engine.dispose()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_database_may_cross_a_fork_before_its_first_use(url: str) -> None:
    database = open_database(url)
    child = os.fork()
    if child == 0:
        os._exit(0 if ask(database, "SELECT 17") == 17 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ask(database, "SELECT 17") == 17
    database.dispose()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite+pysqlite:///.data/connect.db", "sqlite .data/connect.db"),
        (
            "postgresql+psycopg://anna:secret@db.example.org:5433/connect?password=secret",
            "postgresql connect at db.example.org:5433",
        ),
        ("postgresql+psycopg://anna:secret@[::1]/connect", "postgresql connect at [::1]"),
        ("postgresql+psycopg:///connect?host=/run/postgresql", "postgresql connect"),
    ],
)
def test_a_database_is_named_without_user_and_password(url: str, words: str) -> None:
    assert place_of(url) == words


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('connection to server at "127.0.0.1", port 1 failed: Connection refused', StoreFault.CONNECTION_REFUSED),
        ('failed: FATAL:  password authentication failed for user "connect"', StoreFault.LOGIN_REFUSED),
        ("failed: fe_sendauth: no password supplied", StoreFault.LOGIN_REFUSED),
        ('failed: FATAL:  role "nobody" does not exist', StoreFault.LOGIN_REFUSED),
        ('failed: FATAL:  database "nothing" does not exist', StoreFault.NO_SUCH_DATABASE),
        ("connection timeout expired", StoreFault.TIMEOUT),
        ("something else", None),
    ],
)
def test_why_there_is_no_connection_is_told_by_kind(text: str, kind: StoreFault | None) -> None:
    assert sign_of(text) == kind


def test_a_real_server_is_told_apart(postgres_server: servers.Postgres) -> None:
    for url, kind in (
        (postgres_server.url("nothing"), "no such database"),
        (postgres_server.url().replace("postgres@", "nobody@"), "login refused"),
        (f"postgresql+psycopg://postgres@127.0.0.1:{servers.free_port()}/postgres", "connection refused"),
    ):
        database = open_database(url.replace("postgresql://", "postgresql+psycopg://"))
        with pytest.raises(StoreUnavailable, match=kind), database.reading():
            pass
        database.dispose()
