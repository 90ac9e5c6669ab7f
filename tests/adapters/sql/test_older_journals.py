"""Processes of versions before sealed texts had a second format are seen by how they write the rows of journals."""

from __future__ import annotations

from adapters.sql import tables
from adapters.sql.bulk_writes import put_many
from adapters.sql.database import Database
from adapters.sql.journal_register import SqlJournalRegister
from support.builders import MINUTE, START
from support.world import SimulatedClock


def drained_by_an_older_one(database: Database, clock: SimulatedClock) -> None:
    """As versions before this one wrote it."""
    with database.writing() as connection:
        put_many(connection, tables.journals, [{"name": "journal-1", "host": "host-1", "drained_at": clock.now()}])
        connection.commit()


def test_a_database_that_only_this_version_uses_knows_of_no_older_one(database: Database) -> None:
    clock = SimulatedClock()
    register = SqlJournalRegister(database, clock=clock)
    for _ in range(3):
        register.drained("journal-1", "host-1:7:aa")
        clock.advance(MINUTE)
    assert register.older_at() is None


def test_an_older_process_on_the_same_host_is_seen_and_remembered(database: Database) -> None:
    clock = SimulatedClock()
    register = SqlJournalRegister(database, clock=clock)
    drained_by_an_older_one(database, clock)
    assert register.older_at() == START
    clock.advance(MINUTE)
    register.drained("journal-1", "host-1:7:aa")
    assert register.older_at() == START, "what it wrote is overwritten, and it is remembered"
    clock.advance(MINUTE)
    drained_by_an_older_one(database, clock)
    register.drained("journal-1", "host-1:7:aa")
    register.drained("journal-2", "host-2:7:aa")
    assert register.older_at() == START + 2 * MINUTE
