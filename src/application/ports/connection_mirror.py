"""The port for where people see their connections besides here: the dashboard's own table."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import Look, MirrorIdentity
from domain.mirrored_row import Intent


class MirrorUnavailable(Exception):
    """The mirror is away, locked or slow: what was asked of it may have happened. The text has no secret."""


class RowOutcome(Enum):
    """What became of a row."""

    THERE = "there"
    """It is there with our values, written now or before."""
    GONE = "gone"
    """It is not there, as it is to be."""
    MISSING = "missing"
    """It should be there, and is not; it was not made again."""
    LEFT = "left"
    """Nothing was to be done."""
    CONFLICT = "conflict"
    """Something there is not as we wrote it, or the table refuses the row: an operator has to look. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of a row, and where it differs in a way that is reported and never mended."""

    outcome: RowOutcome
    difference: str | None = None
    """A line for operators: which column, and what it means. Without values of people or tokens."""
    took_over: tuple[str, ...] = ()
    """Ids of older rows of the same account that gave way to it."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that the mirror needs and does not have, with its remedy: one line each."""

    line: str


class ConnectionMirror(Protocol):
    """One row a connection, under its id. Every statement concerns TikTok's rows alone. All but `configured` raise
    MirrorUnavailable.
    """

    @property
    def configured(self) -> bool:
        """False for the adapter that shows nothing anywhere: then nothing below is called by anybody."""

    def settle(self, connection: ConnectionId, intent: Callable[[MirrorIdentity], Intent]) -> RowReport:
        """Bring one row to what our state asks: lock the connection there, call `intent`, write or remove, and release.

        `intent` is told which database this is, read in the same transaction: nothing is to be concluded from another one.

        Two that settle one connection do so one after the other, so the later one writes the later state. A row with a token is
        never touched. An older row of the same owner and account, the dashboard's own or one that the intent names, gives way in
        the same transaction: the oldest `created_at` is kept, and its spend moves to ours. A day that several of them have comes
        from one: from a row of ours, else from the newest. What `intent` raises is raised, and nothing is changed.
        """

    def row_is_there(self, connection: ConnectionId, owner: OwnerId) -> bool:
        """Whether a row without a token has this id and owner, whoever wrote it."""

    def is_user(self, owner: OwnerId) -> bool:
        """Whether the dashboard has this user. An id that can't be one is none."""

    def look(self, owners: Collection[OwnerId]) -> Look:
        """See all v7 rows and which of these owners are users, in one snapshot."""

    def lacks(self) -> Sequence[Lack]:
        """What privileges, columns or widths are missing, each with the statement that mends it; empty: all is well."""

    def mark_stale(self, connection: ConnectionId, owner: OwnerId, now: datetime) -> None:
        """Have a row that nobody here knows say that a person must connect again; one with a token is left alone."""
