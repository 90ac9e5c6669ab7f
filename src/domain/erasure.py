"""That everything of a user was erased: what is left is a receipt, and for a while a refusal of sessions from before."""

from dataclasses import dataclass
from datetime import datetime, timedelta

ERASED_FOR = timedelta(days=30)
"""How long sessions of an erased user are refused: as long as those of Auth.js live (`maxAge`). Then the id is a new user's."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One user's. Of the user id a digest is kept, by which a session from before is recognised."""

    owner_digest: str
    """A pseudonym; of versions before a plain SHA-256."""
    receipt: str
    at: datetime

    def refuses(self, now: datetime) -> bool:
        """Whether sessions of this user don't count."""
        return now < self.at + ERASED_FOR

    def repeated(self, now: datetime) -> "Erasure":
        """Erased once more: whatever came since is gone too, under the same receipt."""
        return Erasure(self.owner_digest, self.receipt, now)
