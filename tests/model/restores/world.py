"""What there is: databases with what they remember of themselves, keepers of notes, one grant, the provider. Values only."""

from typing import Literal, NamedTuple

Minute = int

HOME, ELSEWHERE = "home", "elsewhere"

ORIGINAL, COPIED = 0, 1
"""Names of databases."""


class Database(NamedTuple):
    """A database and the grant in it. Tokens count up at the provider: the answer to token n is n + 1."""

    name: int = ORIGINAL
    home: str = HOME
    stamp: Minute = 0
    gaps: tuple[tuple[Minute, Minute], ...] = ()
    """Spans in which nobody stamped it."""
    hold: bool = False
    """Stored: everybody who uses this database obeys."""
    token: int | None = 0
    generation: int = 0
    confirmed: bool = True
    """Else: what it holds came with a backup, and was not tried since."""
    told: Literal["", "refused", "restored_backup", "copied_database"] = ""

    @property
    def works_on(self) -> bool:
        """Whether its grant is still renewed."""
        return self.token is not None and not self.told


class WentBack(NamedTuple):
    """The database was replaced by a backup: its last stamp, and what was noted at that time."""

    stamp: Minute
    noted: Minute


class Chances(NamedTuple):
    """How often what may happen may still happen."""

    minutes: int = 4
    rotations: int = 1
    backups: int = 0
    restores: int = 0
    failovers: int = 0
    copies: int = 0
    disconnects: int = 0
    outages: int = 0
    """The database takes no change for a moment: an answer goes to the journal, a stamp does not last."""
    adoptions: int = 0


class World(NamedTuple):
    """Everything at one moment. The first process has a keeper of notes, the second has none, the third is at another address."""

    left: Chances
    now: Minute = 0
    database: Database = Database()
    backup: Database | None = None
    standby: Database = Database()
    """As the database was a minute ago."""
    copy: Database | None = None
    note: tuple[tuple[int, Minute], ...] = ()
    """By a database's name the last time that was noted of it."""
    live: int = 0
    """The refresh token that works."""
    journal: tuple[int, int] | None = None
    """An answer that the database did not take: the generation that was spent for it, and the token."""
    removed: bool = False
    """Noted beside the journal: the person disconnected the account."""
    went_back: WentBack | None = None
    """In truth."""
    known: bool = False
    """A process with a note has seen that the database went back."""
    tries: int = 0
    """How often the restored token was sent since the adoption."""
    sin: str = ""

    def noted(self, name: int) -> Minute | None:
        return dict(self.note).get(name)

    def with_note(self, name: int, minute: Minute) -> "World":
        return self._replace(note=tuple(sorted({**dict(self.note), name: max(minute, self.noted(name) or 0)}.items())))
