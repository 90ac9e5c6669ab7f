"""The reasons for which the mirror stands still, and which of them end by themselves."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class FreezeReason(Enum):
    """Why nothing is written there and nothing is concluded from what is missing. The words are stored: they never change."""

    STANDBY = "standby"
    """It only follows another database."""
    OTHER_DATABASE = "other_database"
    """Its system identifier or its name is another's: it was moved, or the address is wrong."""
    OTHER_TABLE = "other_table"
    """The table of connections was made anew."""
    WENT_BACK = "went_back"
    """Its log lies behind the position that we noted: a backup was restored, or a standby took over that had missed something."""
    NO_USERS = "no_users"
    """It has no users, though rows of ours were written."""
    UNKNOWN_ROWS = "unknown_rows"
    """Rows of our kind are there that we never wrote: another deployment writes there, or our own database went back."""
    MANY_MISSING = "many_missing"
    """Rows of more than half of at least four owners are missing, or of two or three owners all at once."""

    @property
    def ends_by_itself(self) -> bool:
        """Whether the next look at the database that was noted ends it: we looked at another one, and wrote nothing."""
        return self in {FreezeReason.STANDBY, FreezeReason.OTHER_DATABASE, FreezeReason.OTHER_TABLE}


@dataclass(frozen=True, slots=True)
class Frozen:
    """The mirror stands still: until an operator rebuilds it, unless the reason ends by itself."""

    reason: FreezeReason
    since: datetime
