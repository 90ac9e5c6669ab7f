"""The ports for connections from before this product: rows of the dashboard's own, with tokens that the dashboard sealed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from application.ports.connection_mirror import Lack
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.tokens import Secret


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row as it was read."""

    id: ConnectionId
    owner: OwnerId
    account: AdvertiserId
    account_name: str | None
    access_text: str = field(repr=False)
    """Sealed by the dashboard, and so is the next."""
    refresh_text: str | None = field(repr=False)
    token_expires_at: datetime | None
    status: str
    created_at: datetime
    updated_at: datetime


class Emptied(Enum):
    """What became of a row's tokens."""

    EMPTIED = "emptied"
    CHANGED = "changed"
    """They are not what was read: somebody renewed them meanwhile. They were left as they are."""
    GONE = "gone"
    """The row is not there any more."""


class OldConnections(Protocol):
    """TikTok's rows with a token, under ids that are not ours. All raise MirrorUnavailable."""

    def lacks(self) -> Sequence[Lack]:
        """What privileges are missing for this, each with the statement that mends it."""

    def owners(self) -> Sequence[OwnerId]:
        """Who has such rows, in order."""

    def of_owner(self, owner: OwnerId) -> Sequence[OldRow]:
        """The rows of this owner, in the order of their ids."""

    def empty(self, row: OldRow) -> Emptied:
        """Take the tokens out of a row where they are still what was read. Done when it returns."""


class OldTokens(Protocol):
    """Opens what the dashboard sealed."""

    def open(self, text: str) -> Secret:
        """Raises CannotOpen, which tells nothing of the text."""
