from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from domain.errors import StoreFault, StoreUnavailable
from entrypoints.cli.database_remedies import REMEDIES, database_sentence
from entrypoints.cli.error_to_line_and_exit_status import explain
from support.deployment import deployment
from support.processes import run
from support.servers import Postgres


@pytest.mark.parametrize("fault", StoreFault)
def test_every_fault_of_a_database_has_its_own_remedy(fault: StoreFault) -> None:
    told = database_sentence(StoreUnavailable(fault.value, fault))
    assert told == f"can't be used ({fault.value}): {REMEDIES[fault]}"
    assert sum(remedy == REMEDIES[fault] for remedy in REMEDIES.values()) == 1


def test_a_database_that_says_nothing_of_itself_has_the_usual_remedy() -> None:
    line, status = explain(StoreUnavailable("OperationalError 58000"))
    assert line.startswith("the database can't be used (OperationalError 58000): see that")
    assert status == 1


def test_migrate_doctor_and_start_refuse_a_database_that_is_not_utf8(postgres_server: Postgres, tmp_path: Path) -> None:
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with deployment(tmp_path, migrated=False, environ={"DATABASE_URL": postgres_server.url("latin")}) as here:
        for command in ("migrate", "serve", "worker", "beat"):
            answer = here.run(command)
            assert answer.returncode == 1
            assert "its encoding is LATIN1" in answer.stderr
            assert "ENCODING 'UTF8'" in answer.stderr
        answer = here.run("doctor")
        assert answer.returncode == 1
        assert "ENCODING 'UTF8'" in answer.stdout
    postgres_server.drop_database(postgres_server.url("latin"))


def test_migrate_says_what_to_grant_where_it_may_create_nothing(postgres_server: Postgres, tmp_path: Path) -> None:
    url = postgres_server.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE newcomer LOGIN")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    answer = run("migrate", folder=tmp_path, environ={"DATABASE_URL": url.replace("postgres@", "newcomer@")})
    assert answer.returncode == 1
    assert "GRANT USAGE, CREATE ON SCHEMA public" in answer.stderr
    postgres_server.drop_database(url)
