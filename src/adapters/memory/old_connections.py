"""The dashboard's own connections from before, in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from application.ports.connection_mirror import Lack
from application.ports.old_connections import Emptied, OldRow
from domain.ids import ConnectionId, OwnerId


@dataclass
class MemoryOldConnections:
    """Keeps the promises of the port `OldConnections`. `before_emptying` is what happens just before tokens are emptied."""

    rows: dict[ConnectionId, OldRow] = field(default_factory=dict)
    before_emptying: Callable[[OldRow], None] = lambda _: None

    def lacks(self) -> Sequence[Lack]:
        return []

    def owners(self) -> Sequence[OwnerId]:
        return sorted({row.owner for row in self.rows.values() if row.access_text})

    def of_owner(self, owner: OwnerId) -> Sequence[OldRow]:
        return [row for _, row in sorted(self.rows.items()) if row.owner == owner and row.access_text]

    def empty(self, row: OldRow) -> Emptied:
        self.before_emptying(row)
        there = self.rows.get(row.id)
        if there is None:
            return Emptied.GONE
        if there.access_text and (there.access_text, there.refresh_text) != (row.access_text, row.refresh_text):
            return Emptied.CHANGED
        self.rows[row.id] = replace(there, access_text="", refresh_text=None, token_expires_at=None)
        return Emptied.EMPTIED
