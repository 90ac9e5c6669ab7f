import sqlite3
from pathlib import Path

import pytest

from adapters.sql.database import open_database
from adapters.sql.store import SqlStore
from domain.errors import StoreUnavailable
from domain.ids import GrantId, RevocationId
from entrypoints.testing import application_over_memory
from support.builders import ANNA, APP, BERT, HOUR, START, a_grant, a_revocation


def traces(folder: Path, ciphertext: bytes = b"access of ") -> int:
    """How often such a token's ciphertext is in any file of the database."""
    return sum(file.read_bytes().count(ciphertext) for file in folder.iterdir() if file.name.startswith("test.db"))


def test_nothing_of_erased_tokens_is_left_in_the_file_or_its_log(migrated_sqlite_url: str, tmp_path: Path) -> None:
    database = open_database(migrated_sqlite_url)
    store = SqlStore(database)
    names = [f"grant-{n}" for n in range(300)]
    with store.write() as work:
        for name in names:
            work.grants.add(a_grant(name, reaches=()))
            work.revocations.add(a_revocation(name))
        work.commit()
    assert traces(tmp_path) >= 600
    with store.write() as work:
        for grant in work.grants.get(map(GrantId, names)):
            grant.revoke(START)
            work.grants.save(grant)
            work.revocations.done(RevocationId(grant.id))
        work.commit()
    assert traces(tmp_path) > 0
    assert store.vacuum_traces()
    assert traces(tmp_path) == 0
    database.dispose()


def test_of_an_erased_user_no_sealed_token_is_left_in_any_file(migrated_sqlite_url: str, tmp_path: Path) -> None:
    database = open_database(migrated_sqlite_url)
    store = SqlStore(database)
    container = application_over_memory(store=store).container
    with store.write() as work:
        for number in range(50):
            work.grants.add(a_grant(f"grant-{number}", connects=(number,)))
        work.grants.add(a_grant("of another", owner=BERT, connects=(1,)))
        work.commit()
    assert traces(tmp_path, b"refresh of grant-") >= 50
    assert container.erase_user()(ANNA).grants == 50
    assert traces(tmp_path, b"refresh of grant-") == 0
    assert traces(tmp_path, b"access of grant-") == 50, "in the queue of revocations, until each is made"
    with store.write() as work:
        for revocation in work.revocations.take_due(APP, limit=100, lease=HOUR, now=container.clock().now() + HOUR):
            work.revocations.done(revocation.id)
        work.commit()
    assert store.vacuum_traces()
    assert traces(tmp_path, b"access of grant-") == 0
    assert traces(tmp_path, b"refresh of of another") == 1
    database.dispose()


def test_a_reader_of_old_rows_keeps_their_traces_for_a_while(migrated_sqlite_url: str) -> None:
    database = open_database(migrated_sqlite_url)
    store = SqlStore(database)
    with store.write() as work:
        work.grants.add(a_grant())
        work.commit()
    reader = sqlite3.connect(migrated_sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM grants").fetchone() == (1,)
    with store.write() as work:
        work.grants.add(a_grant("grant-2"))
        work.commit()
    assert not store.vacuum_traces()
    reader.close()
    assert store.vacuum_traces()
    database.dispose()


def test_a_log_that_cannot_be_emptied_counts_as_a_store_that_is_away(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(migrated_sqlite_url)
    store = SqlStore(database)
    monkeypatch.setattr("adapters.sql.database.milliseconds", lambda _: "1; nonsense")  # SQLite takes one statement at a time
    with pytest.raises(StoreUnavailable):
        store.vacuum_traces()
    monkeypatch.undo()
    assert store.vacuum_traces()
    database.dispose()
