import logging
from pathlib import Path

import pytest

from adapters.identity_notes_file import FileIdentityNotes
from adapters.identity_notes_redis import RedisIdentityNotes
from domain.ids import DatabaseId
from domain.tokens import Secret
from support.builders import START
from support.servers import free_port

THIS = DatabaseId("8f0a2f9e-0000-4000-8000-000000000000")


def test_a_note_lies_beside_the_journal_under_the_databases_id(tmp_path: Path) -> None:
    FileIdentityNotes(tmp_path).note(THIS, START)
    file = tmp_path / "seen" / THIS
    assert file.read_text() == START.isoformat()
    assert file.stat().st_mode & 0o077 == 0
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("content", [b"", b"yesterday", b"\xff\xfe", b"2026-11-01T12:00:00"])
def test_a_note_that_cannot_be_read_says_nothing_and_is_written_anew(tmp_path: Path, content: bytes) -> None:
    notes = FileIdentityNotes(tmp_path)
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen" / THIS).write_bytes(content)
    assert notes.noted(THIS) is None
    notes.note(THIS, START)
    assert notes.noted(THIS) == START


def test_a_folder_that_takes_no_note_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "seen").write_text("a file in the folder's place")
    with caplog.at_level(logging.WARNING):
        FileIdentityNotes(tmp_path).note(THIS, START)
        assert FileIdentityNotes(tmp_path).noted(THIS) is None
    assert caplog.records


def test_a_redis_that_is_away_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    notes = RedisIdentityNotes(Secret(f"redis://127.0.0.1:{free_port()}/0"))
    with caplog.at_level(logging.WARNING):
        notes.note(THIS, START)
        assert notes.noted(THIS) is None
    assert caplog.records
