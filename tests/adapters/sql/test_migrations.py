import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert, inspect, select, text

from adapters.sql import tables
from adapters.sql.database import Database, open_database
from adapters.sql.grant_rows import row_of
from adapters.sql.migrations import downgrade, migrate
from adapters.sql.schema_state import NewerSchema, SchemaState, head, revisions, schema_state
from adapters.sql.spend_tables import metadata
from adapters.sql.store import SqlStore
from domain.ids import ConnectionId
from domain.tokens import TokenOrigin, TokenTerm
from support.builders import START, a_grant, an_advertiser

BEFORE_V7 = "0003"
BEFORE_TERMS = "0009"
SRC = Path(__file__).parents[3] / "src"
MIGRATIONS = SRC / "adapters/sql/migrations"
MIGRATE = "import sys; from adapters.sql.migrations import migrate; migrate(sys.argv[1])"


def schema_of(database: Database) -> set[str]:
    """Every table and index in the database's own words, its words in no order: that of constraints does not matter."""
    with database.reading() as connection:
        if database.is_postgres:
            columns = (
                "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default, is_identity)"
                " FROM information_schema.columns WHERE table_schema = 'public'"
            )
            constraints = "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
            indices = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
            queries = [columns, f"{constraints} WHERE connamespace = 'public'::regnamespace", indices]
        else:
            queries = ["SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"]
        rows = [row for query in queries for row in connection.execute(text(query)).scalars()]
        return {
            " ".join(sorted(re.sub(r"([,()])", r" \1 ", row).replace(",", "").split()))
            for row in rows
            if "alembic_version" not in row
        }


def test_the_schema_goes_up_down_and_up(empty_url: str) -> None:
    migrate(empty_url)
    database = open_database(empty_url)
    first = schema_of(database)
    assert schema_state(database) is SchemaState.CURRENT
    downgrade(empty_url, "base")
    assert schema_state(database) is SchemaState.BEHIND
    assert {row for row in schema_of(database) if "sqlite_sequence" not in row} == set()
    migrate(empty_url)
    assert schema_state(database) is SchemaState.CURRENT
    assert schema_of(database) == first
    database.dispose()


def test_the_migrations_make_exactly_the_tables(empty_url: str) -> None:
    migrate(empty_url)
    database = open_database(empty_url)
    migrated = schema_of(database)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    downgrade(empty_url, "base")
    with database.writing() as connection:
        metadata.create_all(connection)
        connection.commit()
    assert schema_of(database) == migrated
    database.dispose()


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    for _ in range(2):
        migrate(empty_url)
    database = open_database(empty_url)
    assert schema_state(database) is SchemaState.CURRENT
    database.dispose()


def made_by_a_newer_version(database: Database, *, suits: str | None) -> None:
    """As if a newer version had migrated it, whose schema suits programs from this revision on."""
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(delete(tables.compatibility))
        if suits:
            connection.execute(insert(tables.compatibility).values(oldest_program=suits))
        connection.commit()


def test_the_schema_of_a_newer_version_that_suits_this_one_is_left_as_it_is(empty_url: str) -> None:
    assert migrate(empty_url) is SchemaState.CURRENT
    database = open_database(empty_url)
    made_by_a_newer_version(database, suits=head())
    before = schema_of(database)
    assert schema_state(database) is SchemaState.NEWER
    assert migrate(empty_url) is SchemaState.NEWER
    assert schema_of(database) == before
    database.dispose()


@pytest.mark.parametrize("suits", ("9998", None))
def test_the_schema_of_a_newer_version_that_does_not_suit_is_left_alone_and_told(empty_url: str, suits: str | None) -> None:
    migrate(empty_url)
    database = open_database(empty_url)
    made_by_a_newer_version(database, suits=suits)
    with pytest.raises(NewerSchema, match="newer version"):
        migrate(empty_url)
    with pytest.raises(NewerSchema, match="newer version"):
        schema_state(database)
    database.dispose()


def test_the_schema_names_the_oldest_program_that_it_suits(empty_url: str) -> None:
    migrate(empty_url)
    database = open_database(empty_url)
    with database.reading() as connection:
        [oldest] = connection.scalars(select(tables.compatibility.c.oldest_program))
    assert oldest == ScriptDirectory(str(MIGRATIONS)).get_revision(head()).module.oldest_program
    database.dispose()


def test_every_revision_since_says_which_programs_it_suits_and_none_takes_that_back() -> None:
    scripts = sorted(ScriptDirectory(str(MIGRATIONS)).walk_revisions(), key=lambda script: script.revision)
    named = [(script.revision, script.module.oldest_program) for script in scripts if script.revision >= "0005"]
    assert all(oldest <= revision for revision, oldest in named)
    assert [oldest for _, oldest in named] == sorted(oldest for _, oldest in named)


def test_the_names_of_the_files_say_which_revisions_there_are() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert revisions() == sorted(script.revision for script in scripts.walk_revisions())
    assert head() == scripts.get_current_head()


def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, empty_url], env={"PYTHONPATH": str(SRC)}, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [(p.communicate()[1], p.returncode) for p in processes] == [(b"", 0)] * 3
    database = open_database(empty_url)
    assert schema_state(database) is SchemaState.CURRENT
    database.dispose()


def test_a_database_without_tables_is_behind(empty_url: str) -> None:
    migrate(empty_url, "base")
    database = open_database(empty_url)
    assert schema_state(database) is SchemaState.BEHIND
    database.dispose()


def test_only_the_owner_reads_a_new_sqlite_file(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'test.db'}")
    assert (tmp_path / "test.db").stat().st_mode & 0o077 == 0


def test_there_is_one_head(empty_url: str) -> None:
    migrate(empty_url)
    database = open_database(empty_url)
    with database.reading() as connection:
        assert MigrationContext.configure(connection).get_current_heads() == (head(),)
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    database.dispose()


def test_connections_from_before_get_v7_ids_in_their_order_and_keep_the_former_ones(empty_url: str) -> None:
    migrate(empty_url)
    database = open_database(empty_url)
    former = [ConnectionId(f"{number}0000000-0000-4000-8000-000000000000") for number in (3, 1, 2)]
    grant = a_grant()
    for number, old in enumerate(former):
        grant.connect(old, an_advertiser(number), START + timedelta(seconds=number))
    with SqlStore(database).write() as work:
        work.grants.add(grant)
        work.commit()
    downgrade(empty_url, BEFORE_V7)
    migrate(empty_url)
    with SqlStore(database).read() as work:
        [migrated] = work.grants.get([grant.id])
    renamed = sorted(migrated.connections.values(), key=lambda connection: connection.id)
    assert [connection.former_id for connection in renamed] == former
    assert {UUID(connection.id).version for connection in renamed} == {7}
    downgrade(empty_url, BEFORE_V7)
    with database.reading() as connection:
        assert set(connection.scalars(text("SELECT id FROM connections"))) == set(former)
    database.dispose()


def test_a_dump_that_holds_a_table_keeps_nobody_waiting_behind_the_migration(postgres_url: str) -> None:
    migrate(postgres_url, "0006")
    database = open_database(postgres_url)
    with database.reading() as dump, ThreadPoolExecutor() as threads:
        dump.execute(text("LOCK TABLE grants IN ACCESS SHARE MODE"))  # as a dump does until it ends
        migrating = threads.submit(migrate, postgres_url)
        for _ in range(8):
            time.sleep(0.5)
            with database.reading() as connection:  # within its 3 s for a lock, whenever it comes
                assert connection.execute(text("SELECT count(*) FROM grants")).scalar_one() == 0
        assert not migrating.done()
        dump.rollback()
        assert migrating.result(timeout=40) is SchemaState.CURRENT
    database.dispose()


def test_a_grant_from_before_there_was_a_choice_was_obtained_at_1_3_as_issued(empty_url: str) -> None:
    migrate(empty_url)
    database = open_database(empty_url)
    with SqlStore(database).write() as work:
        work.grants.add(replace(a_grant(), origin=TokenOrigin("2.0", TokenTerm.SHORT)))
        work.commit()
    downgrade(empty_url, BEFORE_TERMS)
    migrate(empty_url)
    with SqlStore(database).read() as work:
        [migrated] = work.grants.get([a_grant().id])
    database.dispose()
    assert migrated.origin == TokenOrigin("1.3", TokenTerm.AS_ISSUED)


def test_an_older_program_goes_on_adding_grants(empty_url: str) -> None:
    migrate(empty_url)
    database = open_database(empty_url)
    known = {name: value for name, value in row_of(a_grant()).items() if name not in {"auth_version", "token_term"}}
    with database.writing() as connection:
        connection.execute(insert(tables.grants).values(known))
        connection.commit()
    with SqlStore(database).read() as work:
        [added] = work.grants.get([a_grant().id])
    database.dispose()
    assert (added.id, added.origin) == (a_grant().id, TokenOrigin())
