"""The port for what is kept of the dashboard's mirror: which rows we wrote, and what is noted of that database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from domain.ids import ConnectionId, GrantId, OwnerId
from domain.mirror_row_source import MirrorRowSource
from domain.mirror_state import MirrorState
from domain.mirrored_row import KnownRow, WrittenRow


class MirrorRecords(Protocol):
    """A part of a unit of work for one owner."""

    def left_over_of(self, owner: OwnerId) -> list[ConnectionId]:
        """Rows of this owner that no look has found gone though their connections are, by id."""

    def forget_owner(self, owner: OwnerId) -> None:
        """Forget whose rows these were, where the connection is gone; they are known again by their ids. A stale one is to go."""

    def note(self) -> MirrorState:
        """What is noted of that database; locked until the end in a unit of work for changes."""


class MirrorRecordsOfAllOwners(MirrorRecords, Protocol):
    """Everybody's. No connection or grant is locked by what is read here."""

    def connection(self, connection: ConnectionId) -> MirrorRowSource | None:
        """The connection of this very id, at the cost of one row however many its owner has."""

    def connections(self) -> list[MirrorRowSource]:
        """All of them, by owner, creation and id."""

    def of_grant(self, grant: GrantId) -> list[ConnectionId]:
        """The connections under this grant."""

    def written(self, connection: ConnectionId) -> WrittenRow | None:
        """What is remembered of the row, if anything is."""

    def known_rows(self) -> list[KnownRow]:
        """All rows that are remembered, with what their connections say, in one snapshot."""

    def remember(self, row: WrittenRow) -> None:
        """Remember a row before it is first written. One that is remembered stays as it is."""

    def confirm(self, connection: ConnectionId, times_connected: int) -> None:
        """The row was seen there, for this many consents; what was confirmed for more stays so. It has no effect on one that is
        not remembered.
        """

    def doubt_all(self) -> None:
        """Nothing is confirmed any more, so that all rows may be made again."""

    def forget(self, connection: ConnectionId) -> None:
        """Remember nothing of the row, to remember it anew."""

    def note_gone(self, gone: Mapping[ConnectionId, datetime | None]) -> None:
        """Since when each of these rows is gone, as its connection is; None: one of the two is there."""

    def forget_gone(self, before: datetime, *, limit: int) -> int:
        """Forget up to so many rows that are gone since before this time, and whose connections are. How many there were."""

    def clear(self) -> None:
        """Forget all rows and the note: they are another database's."""

    def put_note(self, note: MirrorState) -> None:
        """Store what was read here and changed."""
