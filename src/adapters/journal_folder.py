"""The journal as a folder of small files, one an answer: written aside, fsynced, and renamed into place."""

import fcntl
import hashlib
import logging
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from application.ports.journal import JournalLoad, JournalUnavailable, KeptAnswer, UnreadAnswer
from domain.ids import AttemptId, GrantId
from domain.tokens import Expiring, Sealed

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST = 10_000
"""Answers one journal holds at most: a quarter of an hour at ten calls a second."""
MOST_UNREAD = 1_000
"""Answers that nobody could read: each waits for a person."""
LONGEST_NAME = 100
PROBE = bytes(64 * 1024)
"""What is written to see that there is room: about forty answers."""


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


class FolderJournal:
    """A folder that the processes of one host share. Files are 0600; the folder is 0700 where it was not there before.

    An answer whose writer died on the way is taken up if all of it was written. What is damaged is renamed to `.damaged`, for a
    person to look at.
    """

    def __init__(self, folder: Path, *, most: int = MOST) -> None:
        self._folder, self._most = folder, most
        self._left = set[str]()

    @property
    def name(self) -> str:
        """A random name in the folder itself: the journal is known by it wherever the folder is mounted."""
        path = self._folder / "name"
        try:
            if not path.exists():
                self._open_folder()
                with self._aside(str(uuid.uuid4()).encode()) as aside, suppress(FileExistsError):
                    path.hardlink_to(aside)  # else another process was first
            return path.read_text().strip()
        except OSError as error:
            raise JournalUnavailable(described(error)) from error

    def check(self) -> None:
        try:
            self._open_folder()
            if self._folder.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
                raise JournalUnavailable("everybody may remove what is kept in it")
            if sum(1 for _ in self._folder.glob("*.answer")) >= self._most:
                raise JournalUnavailable("full")
            disk = os.statvfs(self._folder)
            if disk.f_bavail * disk.f_frsize < len(PROBE) or (disk.f_files and not disk.f_favail):
                raise JournalUnavailable("its disk is full")
            with self._aside(PROBE):  # a full disk takes an empty file, and no content
                pass
        except OSError as error:
            raise JournalUnavailable(described(error)) from error
        _ = self.name  # one that another user made can't be read

    def keep(self, answer: KeptAnswer) -> None:
        try:
            self._open_folder()
            if sum(1 for _ in self._folder.glob("*.answer")) >= self._most:
                raise JournalUnavailable("full")
            with self._aside(written(answer)) as aside:
                aside.replace(self._path(answer))
        except OSError as error:
            raise JournalUnavailable(described(error)) from error

    def kept(self) -> list[KeptAnswer]:
        self._take_up_orphans()
        answers = (self._read(path) for path in self._folder.glob("*.answer"))
        return sorted((a for a in answers if a is not None), key=lambda a: (a.kept_at, a.grant))

    def forget(self, answer: KeptAnswer) -> None:
        try:
            self._path(answer).unlink(missing_ok=True)
        except OSError:  # it will be brought to the database again, which has it
            log.exception("a journal entry can't be removed", extra={"file": self._path(answer).name})

    def empty(self) -> bool:
        return not any(path.suffix in {".answer", ".aside"} for path in self._folder.glob("*.a*"))

    def load(self) -> JournalLoad:
        free: int | None = None
        with suppress(OSError):  # no folder yet
            free = shutil.disk_usage(self._folder).free
        answers, unread = (sum(1 for _ in self._folder.glob(names)) for names in ("*.answer", "*.unread"))
        return JournalLoad(answers, unread, free)

    def sealed(self) -> list[Sealed]:
        texts = list[Sealed]()
        for path in [*self._folder.glob("*.answer"), *self._folder.glob("*.unread")]:
            try:
                content = path.read_bytes()
                texts.append(read(content).tokens.refresh if path.suffix == ".answer" else read_unread(content).answer)
            except (FileNotFoundError, Newer, Damaged):  # drained meanwhile, or nothing that any key opens
                continue
            except OSError as error:
                raise JournalUnavailable(described(error)) from error
        return texts

    def keep_unread(self, answer: UnreadAnswer) -> str:
        try:
            self._open_folder()
            if sum(1 for _ in self._folder.glob("*.unread")) >= MOST_UNREAD:
                raise JournalUnavailable("full of answers that nobody could read")
            path = self._folder / f"{answer.grant[:LONGEST_NAME]}-{uuid.uuid4().hex[:8]}.unread"
            with self._aside(with_digest(msgspec.json.encode(answer))) as aside:
                aside.replace(path)
        except OSError as error:
            raise JournalUnavailable(described(error)) from error
        return path.name

    def forget_unread(self, before: datetime) -> None:
        for path in self._folder.glob("*.unread"):
            with suppress(OSError):  # another process did it
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()

    def _path(self, answer: KeptAnswer) -> Path:
        return self._folder / f"{answer.grant[:LONGEST_NAME]}-{answer.generation}-{answer.attempt[:LONGEST_NAME]}.answer"

    def _open_folder(self) -> None:
        """A folder that is there already keeps its mode: it may be others' too, and the files in it are ours alone anyway."""
        if not self._folder.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with opened(self._folder.parent) as parent:
                os.fsync(parent)

    @contextmanager
    def _aside(self, content: bytes) -> Iterator[Path]:
        """A file with this content, safely on the disk, which is moved or linked to its place; and then that is safe too.

        Meanwhile the folder is locked, with others that write: nobody takes the file for a dead writer's.
        """
        with opened(self._folder) as folder:
            fcntl.flock(folder, fcntl.LOCK_SH)
            handle, name = tempfile.mkstemp(dir=self._folder, suffix=".aside")  # created 0600
            aside = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                yield aside
            finally:
                aside.unlink(missing_ok=True)
            os.fsync(folder)

    def _take_up_orphans(self) -> None:
        """Give the files of dead writers their places; those that they did not finish are of no use."""
        if next(self._folder.glob("*.aside"), None) is None:
            return
        with suppress(OSError), opened(self._folder) as folder:  # OSError: somebody writes, or the disk is not well
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for orphan in self._folder.glob("*.aside"):
                try:
                    answer = read(orphan.read_bytes())
                except Newer:
                    continue
                except Damaged:
                    orphan.unlink()
                else:
                    orphan.replace(self._path(answer))
                    log.warning("an answer was found whose writer died", extra={"grant": answer.grant})

    def _read(self, path: Path) -> KeptAnswer | None:
        try:
            return read(path.read_bytes())
        except FileNotFoundError:  # another process of this host has just drained it
            return None
        except Newer:
            if path.name not in self._left:
                log.warning("a journal entry is a newer version's, and left to that", extra={"file": path.name})
            self._left.add(path.name)
            return None
        except Damaged:
            log.critical("a journal entry is damaged and was set aside", extra={"file": path.name})
            with suppress(FileNotFoundError):  # another process did it
                path.replace(path.with_suffix(".damaged"))
            return None
        except OSError:
            log.critical("a journal entry can't be read", exc_info=True, extra={"file": path.name})
            return None


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """A handle of the folder, for locking it and for making what is created or renamed in it survive the machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def described(error: OSError) -> str:
    """What the system says, without the path."""
    return f"{type(error).__name__}: {error.strerror}" if error.strerror else type(error).__name__


class Damaged(ValueError):
    """Not an entry as it was written."""


class Newer(ValueError):
    """An entry as it was written, by a version that writes them differently."""


def written(answer: KeptAnswer) -> bytes:
    """An answer's file."""
    return with_digest(msgspec.json.encode(entry_of(answer)))


def with_digest(entry: bytes) -> bytes:
    """A digest on the first line, then the entry."""
    return hashlib.sha256(entry).hexdigest().encode() + b"\n" + entry


def read(content: bytes) -> KeptAnswer:
    """The answer of a file. Raises Damaged, Newer."""
    return answer_of(decoded(content, Entry))


def read_unread(content: bytes) -> UnreadAnswer:
    """The same of an answer that nobody could read. Raises Damaged, Newer."""
    return decoded(content, UnreadAnswer)


def decoded(content: bytes, form: type[T]) -> T:
    """The entry of a file. Raises Damaged, Newer."""
    digest, _, entry = content.partition(b"\n")
    if digest != hashlib.sha256(entry).hexdigest().encode():
        raise Damaged
    try:
        return msgspec.json.decode(entry, type=form)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Newer from error


def entry_of(answer: KeptAnswer) -> Entry:
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


def answer_of(entry: Entry) -> KeptAnswer:
    """From the file."""
    tokens = Expiring(
        Sealed(entry.access),
        Sealed(entry.refresh),
        entry.issued_at,
        entry.access_expires_at,
        entry.refresh_expires_at,
        entry.assumed,
    )
    return KeptAnswer(GrantId(entry.grant), entry.generation, AttemptId(entry.attempt), tokens, entry.fingerprint, entry.kept_at)
