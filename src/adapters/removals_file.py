"""What people had removed, in files of this host beside the journal's answers."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from application.ports.journal import JournalUnavailable
from application.ports.removals import Disconnected, Removal, UserErased
from domain.ids import ConnectionId, DatabaseId, OwnerId

log = logging.getLogger(__name__)

FOLDER = "removed"


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A removal as it is written, a line each."""

    at: datetime
    connection: str | None = None
    user: str | None = None


class FileRemovals:
    """A file for each database, named by its id; lines are only added, and dropped when they are old."""

    def __init__(self, journal: Path) -> None:
        self._folder = journal / FOLDER

    def note(self, database: DatabaseId, removal: Removal) -> None:
        with self._opened(database) as file:
            end = os.lseek(file, 0, os.SEEK_END)
            cut_off = end and os.pread(file, 1, end - 1) != b"\n"  # by a full disk, or a death
            os.write(file, b"\n" * bool(cut_off) + msgspec.json.encode(line_of(removal)) + b"\n")
            os.fsync(file)

    def noted(self, database: DatabaseId) -> list[Removal]:
        try:
            lines = (self._folder / database).read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise JournalUnavailable(type(error).__name__) from error
        return [removal for line in lines if (removal := removal_of(line)) is not None]

    def forget(self, before: datetime) -> int:
        return sum(self._forget(DatabaseId(path.name), before) for path in self._folder.glob("*"))

    def _forget(self, database: DatabaseId, before: datetime) -> int:
        removals = self.noted(database)
        kept = [removal for removal in removals if removal.at >= before]
        if len(kept) == len(removals):
            return 0
        with self._opened(database) as file:
            kept = [removal for removal in self.noted(database) if removal.at >= before]
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
            os.write(file, b"".join(msgspec.json.encode(line_of(removal)) + b"\n" for removal in kept))
            os.fsync(file)
        return len(removals) - len(kept)

    @contextmanager
    def _opened(self, database: DatabaseId) -> Iterator[int]:
        """The database's file, for nobody else meanwhile."""
        try:
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._folder / database, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
            finally:
                os.close(file)
        except OSError as error:
            raise JournalUnavailable(type(error).__name__) from error


def line_of(removal: Removal) -> Line:
    """For the file."""
    match removal:
        case Disconnected(connection=connection, at=at):
            return Line(at, connection=connection)
        case UserErased(owner=owner, at=at):
            return Line(at, user=owner)


def removal_of(content: bytes) -> Removal | None:
    """From the file; None for a line that was cut off, or that a newer version wrote."""
    try:
        line = msgspec.json.decode(content, type=Line)
    except (msgspec.MsgspecError, ValueError):
        log.warning("a note of a removal can't be read")
        return None
    if line.connection is not None:
        return Disconnected(ConnectionId(line.connection), line.at)
    return UserErased(OwnerId(line.user), line.at) if line.user is not None else None
