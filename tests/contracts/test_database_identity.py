from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from adapters.identity_notes_file import FileIdentityNotes
from adapters.identity_notes_redis import RedisIdentityNotes
from adapters.memory.database import MemoryDatabase
from adapters.memory.database_identity import MemoryIdentityNotes, MemoryIdentityRecord
from adapters.sql.database import open_database
from adapters.sql.database_identity import SqlIdentityRecord
from application.ports.database_identity import IdentityNotes, IdentityRecord
from domain.database_hold import Gap, WentBack
from domain.ids import DatabaseId
from domain.tokens import Secret
from support.builders import MINUTE, START
from support.servers import Redis
from support.world import SimulatedClock

THIS, ANOTHER = DatabaseId("this database"), DatabaseId("another")


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def record(request: pytest.FixtureRequest) -> Iterator[IdentityRecord]:
    clock = SimulatedClock()
    if request.param == "memory":
        yield MemoryIdentityRecord(MemoryDatabase(), clock=clock)
        return
    database = open_database(request.getfixturevalue(f"migrated_{request.param}_url"))
    yield SqlIdentityRecord(database, clock=clock)
    database.dispose()


@pytest.fixture(params=["memory", "file", "redis"])
def notes(request: pytest.FixtureRequest, tmp_path: Path) -> IdentityNotes:
    if request.param == "redis":
        server: Redis = request.getfixturevalue("redis_server")
        server.flush()
        return RedisIdentityNotes(Secret(server.url()))
    return MemoryIdentityNotes() if request.param == "memory" else FileIdentityNotes(tmp_path / "journal")


def test_a_database_has_an_id_that_stays(record: IdentityRecord) -> None:
    identity = record.read()
    assert identity.id
    assert record.read() == identity
    assert record.change(lambda known, _: known) == identity


def test_a_record_comes_back_as_it_was(record: IdentityRecord) -> None:
    full = replace(
        record.read(),
        stamped_at=START,
        gaps=(Gap(START - 9 * MINUTE, START - 3 * MINUTE), Gap(START - 2 * MINUTE, START)),
        home="https://ads.example.com",
        place="server 1",
        hold=WentBack(START - MINUTE, START + timedelta(microseconds=1)),
        restored_at=START - 100 * MINUTE,
        restored_to=START - 200 * MINUTE,
    )
    assert record.change(lambda _, __: full) == full
    assert record.read() == full


def test_a_change_is_told_the_databases_own_time(record: IdentityRecord) -> None:
    assert record.change(lambda known, now: known.stamped(now)).stamped_at == START


def test_changes_at_once_are_all_made(record: IdentityRecord) -> None:
    def add(number: int) -> None:
        record.change(lambda known, now: replace(known, gaps=(*known.gaps, Gap(now, now + number * MINUTE))))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(12)))
    assert {gap.ended_at for gap in record.read().gaps} == {START + n * MINUTE for n in range(12)}


def test_a_database_is_somewhere(record: IdentityRecord) -> None:
    assert record.place() == record.place() != ""


def test_what_is_noted_comes_back(notes: IdentityNotes) -> None:
    assert notes.noted(THIS) is None
    notes.note(THIS, START)
    assert notes.noted(THIS) == START
    assert notes.noted(ANOTHER) is None, "a note about another database says nothing"


def test_a_note_never_goes_back(notes: IdentityNotes) -> None:
    notes.note(THIS, START + MINUTE)
    notes.note(THIS, START)
    assert notes.noted(THIS) == START + MINUTE
    notes.note(THIS, START + 2 * MINUTE)
    assert notes.noted(THIS) == START + 2 * MINUTE


def test_notes_are_aware_of_their_zone(notes: IdentityNotes) -> None:
    notes.note(THIS, START)
    noted = notes.noted(THIS)
    assert noted is not None
    assert noted.astimezone(UTC) == START
