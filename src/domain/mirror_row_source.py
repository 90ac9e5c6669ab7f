"""What is read of a connection and its grant to make its row in the mirror."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from domain.connection_state import needs_reauth
from domain.grant_health import Health
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from domain.mirrored_row import APART, MirroredRow


@dataclass(frozen=True, slots=True)
class MirrorRowSource:
    """What is read of a connection and its grant to make its row."""

    connection: ConnectionId
    grant: GrantId
    owner: OwnerId
    account: AdvertiserId
    account_name: str
    health: Health
    """Of the grant."""
    created_at: datetime
    earlier: int
    """How many of the owner's connections were made at the same moment and come before it in lists."""
    times_connected: int
    lost_at: datetime | None = None
    missing_since: datetime | None = None

    def row(self, now: datetime) -> MirroredRow:
        """The row that it has at this moment."""
        return MirroredRow(
            connection=self.connection,
            owner=self.owner,
            account=self.account,
            account_name=self.account_name,
            needs_reauth=needs_reauth(self.health, self.lost_at, now),
            created_at=self.created_at + self.earlier * APART,
        )


def in_order(connections: Iterable[MirrorRowSource]) -> list[MirrorRowSource]:
    """By owner, creation and id, each with how many of its moment come before it."""
    ordered = sorted(connections, key=lambda c: (c.owner, c.created_at, c.connection))
    moments = (list(same) for _, same in groupby(ordered, key=lambda c: (c.owner, c.created_at)))
    return [c if c.earlier == earlier else replace(c, earlier=earlier) for same in moments for earlier, c in enumerate(same)]
