"""The journal as a folder of small files, one an answer: written aside, fsynced, and renamed into place."""

from __future__ import annotations

import logging
import os
import tempfile
import uuid
from datetime import datetime
from pathlib import Path

import msgspec

from application.ports.journal import Answer, JournalUnavailable
from domain.ids import AttemptId, GrantId
from domain.tokens import Expiring, Sealed

log = logging.getLogger(__name__)

MOST = 10_000
"""Answers one journal holds at most: a quarter of an hour at ten calls a second."""
LONGEST_NAME = 200


class Entry(msgspec.Struct, frozen=True):
    """An answer as it is written. Both tokens are sealed already; nothing here can be used without the keys."""

    grant: str
    generation: int
    attempt: str
    access: bytes
    refresh: bytes
    issued_at: datetime
    access_expires_at: datetime
    refresh_expires_at: datetime
    assumed: bool
    fingerprint: str
    kept_at: datetime


class FileJournal:
    """A folder that the processes of one host share. Files are 0600 in a folder of 0700.

    A crash in the middle of writing leaves a file aside that was never part of the journal; one that is damaged nevertheless is
    renamed to `.damaged`, for a person to look at.
    """

    def __init__(self, folder: Path, *, most: int = MOST) -> None:
        self._folder, self._most = folder, most

    @property
    def name(self) -> str:
        """A random name in the folder itself: the journal is known by it wherever the folder is mounted."""
        path = self._folder / "name"
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            self._open_folder()
            self._write(path, str(uuid.uuid4()).encode(), replace=False)
            return path.read_text().strip()

    def keep(self, answer: Answer) -> None:
        try:
            self._open_folder()
            if sum(1 for _ in self._folder.glob("*.answer")) >= self._most:
                raise JournalUnavailable
            self._write(self._path(answer), msgspec.json.encode(entry_of(answer)))
        except OSError as error:
            raise JournalUnavailable from error

    def kept(self) -> list[Answer]:
        answers = (self._read(path) for path in self._folder.glob("*.answer"))
        return sorted((a for a in answers if a is not None), key=lambda a: (a.kept_at, a.grant))

    def forget(self, answer: Answer) -> None:
        self._path(answer).unlink(missing_ok=True)

    def empty(self) -> bool:
        return next(self._folder.glob("*.answer"), None) is None

    def _path(self, answer: Answer) -> Path:
        return self._folder / f"{answer.grant[:LONGEST_NAME]}-{answer.generation}.answer"

    def _open_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _write(self, path: Path, content: bytes, *, replace: bool = True) -> None:
        handle, aside = tempfile.mkstemp(dir=self._folder, suffix=".aside")  # created 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                Path(aside).replace(path)
            else:
                path.hardlink_to(aside)
        except FileExistsError:
            log.debug("another process named the journal first")
        finally:
            Path(aside).unlink(missing_ok=True)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self, path: Path) -> Answer | None:
        try:
            return answer_of(msgspec.json.decode(path.read_bytes(), type=Entry))
        except FileNotFoundError:  # another process of this host has just drained it
            return None
        except (msgspec.MsgspecError, ValueError):
            log.critical("a journal entry is damaged and was set aside", extra={"file": path.name})
            path.replace(path.with_suffix(".damaged"))
            return None


def entry_of(answer: Answer) -> Entry:
    """For the file."""
    tokens = answer.tokens
    return Entry(
        answer.grant,
        answer.generation,
        answer.attempt,
        tokens.access.ciphertext,
        tokens.refresh.ciphertext,
        tokens.issued_at,
        tokens.access_expires_at,
        tokens.refresh_expires_at,
        tokens.assumed,
        answer.fingerprint,
        answer.kept_at,
    )


def answer_of(entry: Entry) -> Answer:
    """From the file."""
    tokens = Expiring(
        Sealed(entry.access),
        Sealed(entry.refresh),
        entry.issued_at,
        entry.access_expires_at,
        entry.refresh_expires_at,
        entry.assumed,
    )
    return Answer(GrantId(entry.grant), entry.generation, AttemptId(entry.attempt), tokens, entry.fingerprint, entry.kept_at)
