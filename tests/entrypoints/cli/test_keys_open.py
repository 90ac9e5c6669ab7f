"""`keys open` shows what nobody could read."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.journal_folder import FolderJournal
from application.ports.journal import UnreadAnswer
from domain.ids import GrantId
from domain.seal_place import SealPlace
from domain.tokens import Secret, TokenKind
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.cli.keys import keys
from support.builders import ANNA, START
from support.environ import an_environ

BODY = b'{"code": 0, "result": {"access_token": "act.\xff"'


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    environ = an_environ(JOURNAL_DIR=str(tmp_path / "journal"), TOKEN_ENCRYPTION_KEYS=f"k1:{'5a' * 32}")
    monkeypatch.chdir(tmp_path)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return dict(environ)


def an_unread_file(environ: dict[str, str], key: str = "5a" * 32) -> str:
    sealer = AesGcmSealer(KeyRing.of([("k1", bytes.fromhex(key))]))
    sealed = sealer.seal(Secret(BODY.decode("latin-1")), SealPlace(ANNA, GrantId("grant-1"), 0), TokenKind.ANSWER)
    return FolderJournal(Path(environ["JOURNAL_DIR"])).keep_unread(UnreadAnswer(GrantId("grant-1"), ANNA, sealed, START))


def shown(file: str) -> Result:
    return CliRunner().invoke(keys, ["open", file])


@pytest.mark.parametrize("by_path", [True, False])
def test_an_unread_answer_is_shown_byte_by_byte_and_whose_it_is_beside_it(environ: dict[str, str], by_path: bool) -> None:
    name = an_unread_file(environ)
    result = shown(str(Path(environ["JOURNAL_DIR"]) / name) if by_path else name)
    assert result.exit_code == 0
    assert result.stdout_bytes == BODY
    assert ("grant-1" in result.stderr, "anna" in result.stderr, "act." in result.stderr) == (True, True, False)


@pytest.mark.parametrize("file", ["nothing.unread", "."])
def test_what_is_no_file_is_told_in_a_sentence(environ: dict[str, str], file: str) -> None:
    assert isinstance(shown(file).exception, CommandFailure)
    assert environ


def test_another_file_is_told_in_a_sentence(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "other.unread").write_bytes(b"other")
    result = shown("other.unread")
    assert isinstance(result.exception, CommandFailure)
    assert "no unread answer" in str(result.exception)
    assert environ


def test_an_answer_of_another_key_does_not_open(environ: dict[str, str]) -> None:
    result = shown(an_unread_file(environ, key="5b" * 32))
    assert result.exit_code == 1
    assert not result.stdout_bytes
