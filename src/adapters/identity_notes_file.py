"""Notes of databases in files of this host, in a folder beside the journal's answers."""

import logging
import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from domain.ids import DatabaseId

log = logging.getLogger(__name__)

FOLDER = "seen"


class FileIdentityNotes:
    """A file for each database, named by its id, with the time in it (RFC 3339)."""

    def __init__(self, journal: Path) -> None:
        self._folder = journal / FOLDER

    def noted(self, database: DatabaseId) -> datetime | None:
        try:
            at = datetime.fromisoformat((self._folder / database).read_text().strip())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            log.warning("a note of the database can't be read", extra={"database": database})
            return None
        return at if at.tzinfo else None

    def note(self, database: DatabaseId, at: datetime) -> None:
        if (noted := self.noted(database)) is not None and noted >= at:
            return
        try:
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, suffix=".new")  # created 0600
            try:
                with os.fdopen(handle, "w") as file:
                    file.write(at.isoformat())
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._folder / database)
            finally:
                with suppress(OSError):
                    Path(name).unlink(missing_ok=True)
        except OSError as error:
            log.warning("the database's time can't be noted in JOURNAL_DIR", extra={"because": type(error).__name__})
