"""Advertiser accounts as the platform reports them, and connections: the ones that a person chose."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from domain.foreign_text import one_line
from domain.ids import AdvertiserId, ConnectionId, OwnerId


class Standing(Enum):
    """What an account's status means to us; adapters translate the platform's words."""

    OPEN = "open"
    CLOSED = "closed"
    PUNISHED = "punished"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    OTHER = "other"
    UNREAD = "unread"
    """The platform tells of no account how it stands (a missing scope), or there was no time to ask: it may be chosen."""
    UNTOLD = "untold"
    """The platform told of others, and not of this one: it can't be chosen now."""

    @classmethod
    def _missing_(cls, _word: object) -> "Standing":
        """What a newer version calls by another word: such an account may not be chosen."""
        return cls.OTHER


@dataclass(frozen=True, slots=True)
class Advertiser:
    """One advertiser account that a token reaches. Currency and time zone are empty where the platform withheld them."""

    id: AdvertiserId
    name: str
    currency: str = ""
    timezone: str = ""
    status: str = ""
    """The platform's own word, for people and logs."""
    standing: Standing = Standing.UNREAD

    @property
    def label(self) -> str:
        """How people are told of the account: by its name, or by its id where nothing of a name can be read."""
        return one_line(self.name) or one_line(self.id)

    @property
    def selectable(self) -> bool:
        return self.standing in {Standing.OPEN, Standing.UNREAD}


@dataclass(frozen=True, slots=True)
class Connection:
    """An advertiser account that its owner connected. It has no tokens and no health of its own: those are its grant's."""

    id: ConnectionId
    owner: OwnerId
    advertiser: Advertiser
    created_at: datetime
    lost_at: datetime | None = None
    """Since when its grant no longer reaches the account."""
    former_id: ConnectionId | None = None
    """What it was called before its id became a UUIDv7; it goes on answering to that."""
    times_connected: int = 1
    """How many consents of its owner brought it here; by that number a row in the dashboard is known to be older."""
    missing_since: datetime | None = None
    """Since when its row is missing in the dashboard: it is neither listed nor vended, and is rotated on."""

    def refreshed(self, advertiser: Advertiser) -> "Connection":
        """The same connection with what the platform says today; what it withholds today stays as it was."""
        before = self.advertiser
        if advertiser.standing in {Standing.UNREAD, Standing.UNTOLD}:
            advertiser = replace(
                advertiser, currency=before.currency, timezone=before.timezone, status=before.status, standing=before.standing
            )
        return replace(self, advertiser=advertiser, lost_at=None)

    def reconnected(self) -> "Connection":
        """The same connection after one more consent of its owner, which heals what was missing."""
        return replace(self, times_connected=self.times_connected + 1, missing_since=None)

    def missed(self, now: datetime) -> "Connection":
        """The same connection, its account out of its grant's reach."""
        return replace(self, lost_at=self.lost_at or now)
