from pathlib import Path

import pytest

from adapters.memory.removals import MemoryRemovals
from adapters.removals_file import FileRemovals
from application.ports.journal import JournalUnavailable
from application.ports.removals import Disconnected, Removals, UserErased
from domain.ids import ConnectionId, DatabaseId, OwnerId
from support.builders import MINUTE, START

THIS, ANOTHER = DatabaseId("this database"), DatabaseId("another")
FIRST = Disconnected(ConnectionId("connection-1"), START)
SECOND = UserErased(OwnerId("anna\n☕"), START + MINUTE)


@pytest.fixture(params=["memory", "file"])
def removals(request: pytest.FixtureRequest, tmp_path: Path) -> Removals:
    return MemoryRemovals() if request.param == "memory" else FileRemovals(tmp_path / "journal")


def test_what_was_removed_is_told_for_its_database_alone(removals: Removals) -> None:
    assert removals.noted(THIS) == []
    removals.note(THIS, FIRST)
    removals.note(THIS, SECOND)
    assert removals.noted(THIS) == [FIRST, SECOND]
    assert removals.noted(ANOTHER) == []


def test_what_is_old_is_forgotten(removals: Removals) -> None:
    removals.note(THIS, FIRST)
    removals.note(THIS, SECOND)
    assert removals.forget(START) == 0
    assert removals.forget(START + MINUTE) == 1
    assert removals.noted(THIS) == [SECOND]
    removals.note(THIS, FIRST)
    assert removals.noted(THIS) == [SECOND, FIRST]


def test_a_note_that_was_cut_off_costs_no_other(tmp_path: Path) -> None:
    removals = FileRemovals(tmp_path)
    removals.note(THIS, FIRST)
    with (tmp_path / "removed" / THIS).open("ab") as file:
        file.write(b'{"at":"2026-11-01T12:00:00Z","newer":"kind"}\n{"at":"2026-')
    removals.note(THIS, SECOND)
    assert removals.noted(THIS) == [FIRST, SECOND]


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "removed").write_text("a file in the folder's place")
    with pytest.raises(JournalUnavailable):
        FileRemovals(tmp_path).note(THIS, FIRST)
