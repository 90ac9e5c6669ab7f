"""The dashboard's database in memory: its users and its table of connections, and what happens to them behind our back."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from application.ports.connection_mirror import Lack
from domain.delivered_spend import DeliveredRow
from domain.ids import AdvertiserId, ConnectionId, OwnerId

ACTIVE, NEEDS_REAUTH = "active", "needs_reauth"


@dataclass(frozen=True, slots=True)
class DashboardRow:
    """A row of the dashboard's table of connections. `spend`: names of the days that hang on it."""

    id: ConnectionId
    owner: OwnerId
    account: AdvertiserId
    account_name: str | None
    created_at: datetime
    status: str = ACTIVE
    token: str = ""
    platform: str = "tiktok_ads"
    spend: tuple[str, ...] = ()
    figures: Mapping[date, tuple[DeliveredRow, ...]] = field(default_factory=dict)
    """Its days of spend that we delivered."""

    @property
    def is_of_our_kind(self) -> bool:
        """A v7 id and TikTok's: what a look lists."""
        return self.platform == "tiktok_ads" and self.id[14:15] == "7"


@dataclass(slots=True)
class Tables:
    """What a backup of that database holds."""

    users: set[OwnerId] = field(default_factory=set)
    rows: dict[ConnectionId, DashboardRow] = field(default_factory=dict)
    system: str | None = "7000000000000000001/dashboard"
    table: int = 16385
    position: int | None = 1


class MemoryDashboard:
    """What several deployments may share. Tests change its fields, and call what people and operators do over there."""

    def __init__(self, users: Iterable[OwnerId] = ()) -> None:
        self.lock = threading.RLock()
        self.tables = Tables(set(users))
        self.away = False
        """Nothing is answered, and nothing is done."""
        self.answers_to_lose = 0
        """So many of the next changes take place, and who asked for them is told that the database is away."""
        self.standby = False
        self.hidden = False
        """Row-level security shows no row, and takes none."""
        self.lacks: list[Lack] = []
        self.currencies: dict[OwnerId, list[str | None]] = {}
        """Of each owner's stores."""
        self.decimals = 2
        """How many an amount may have there."""

    @property
    def rows(self) -> dict[ConnectionId, DashboardRow]:
        """The table of connections, by id."""
        return self.tables.rows

    @property
    def users(self) -> set[OwnerId]:
        """Ids of all its users; empty it to see what a freeze is."""
        return self.tables.users

    def shown_to(self, owner: OwnerId) -> list[DashboardRow]:
        """What its page lists for a person: the oldest row of a platform is the card."""
        with self.lock:
            return sorted((row for row in self.rows.values() if row.owner == owner), key=lambda row: row.created_at)

    def spend_of(self, connection: ConnectionId) -> Mapping[date, tuple[DeliveredRow, ...]]:
        """What its pages add up: the days of a connection that have rows."""
        with self.lock:
            row = self.rows.get(connection)
            return {day: rows for day, rows in row.figures.items() if rows} if row else {}

    def put(self, row: DashboardRow) -> None:
        """Write a row behind our back: an old one, another deployment's, or one of ours changed."""
        with self.lock:
            self.rows[row.id] = row
            self.advance()

    def delete_row(self, row: ConnectionId) -> None:
        """Delete a row behind our back, with its spend: the dashboard's own Disconnect."""
        with self.lock:
            self.rows.pop(row, None)
            self.advance()

    def delete_user(self, owner: OwnerId) -> None:
        """Delete a user, with all rows of theirs."""
        with self.lock:
            self.users.discard(owner)
            for row in [row for row in self.rows.values() if row.owner == owner]:
                del self.rows[row.id]
            self.advance()

    def truncate(self) -> None:
        """Empty the table of connections."""
        with self.lock:
            self.rows.clear()
            self.advance()

    def backup(self) -> Tables:
        """What it is now, to be restored later."""
        with self.lock:
            return replace(self.tables, users=set(self.users), rows=dict(self.rows))

    def restore(self, backup: Tables) -> None:
        """Turn back to a backup; its `system`, `table` and `position` tell how that was done."""
        with self.lock:
            self.tables = replace(backup, users=set(backup.users), rows=dict(backup.rows))

    def advance(self) -> None:
        """Something was written: its log is longer."""
        if self.tables.position is not None:
            self.tables.position += 100
