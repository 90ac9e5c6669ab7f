from __future__ import annotations

from sqlalchemy import text

from adapters.sql.database import Database, open_database
from adapters.sql.outbox_reading import SqlOutboxFeed
from adapters.sql.store import SqlStore
from domain.events import TokensRotated
from domain.ids import GrantId
from support.builders import ANNA, START


def rotated(generation: int) -> TokensRotated:
    return TokensRotated(GrantId("grant-1"), ANNA, generation, at=START)


def generations(feed: SqlOutboxFeed) -> list[int]:
    facts = feed.read("mirror", limit=100)
    if facts:
        feed.passed("mirror", facts[-1].position)
    return [fact.event.generation for fact in facts if isinstance(fact.event, TokensRotated)]


def test_a_fact_whose_commit_comes_late_is_not_passed_over(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url)
    store, feed = SqlStore(database), SqlOutboxFeed(database)
    with store.write() as slow:
        slow.outbox.add([rotated(1)])  # it has the lower id
        with store.write() as quick:
            quick.outbox.add([rotated(2)])
            quick.commit()
        assert generations(feed) == [2]
        slow.commit()
    assert generations(feed) == [1]
    database.dispose()


def test_a_fact_that_a_newer_version_told_is_there_without_its_meaning(database: Database) -> None:
    with SqlStore(database).write() as work:
        work.outbox.add([rotated(1), rotated(2), rotated(3)])
        work.commit()
    with database.writing() as connection:
        connection.execute(text("UPDATE outbox SET type = 'AccountSold' WHERE id = (SELECT min(id) FROM outbox)"))
        connection.execute(text("UPDATE outbox SET payload = '{}' WHERE id = (SELECT max(id) FROM outbox)"))
        connection.commit()
    assert [fact.event for fact in SqlOutboxFeed(database).read("mirror", limit=9)] == [None, rotated(2), None]
