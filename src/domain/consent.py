"""Consent: the one-use `state` (RFC 6749, section 10.12) between "connect" and the callback."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from domain.ids import ConnectionId, OfferId, OwnerId

CONSENT_LIFE = timedelta(minutes=10)

CONSENT_KEPT_FOR = timedelta(days=1)
"""How long a used or missed consent is kept, for questions."""


class ConsentFailure(Enum):
    """Why a consent led to no connection."""

    DENIED = "denied"
    INVALID_STATE = "invalid_state"
    EXCHANGE_FAILED = "exchange_failed"
    NO_ADVERTISERS = "no_advertisers"
    ACCOUNT_MISMATCH = "account_mismatch"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"

    @classmethod
    def _missing_(cls, _word: object) -> "ConsentFailure":
        """What a newer version calls by another word."""
        return cls.EXCHANGE_FAILED


@dataclass(frozen=True, slots=True)
class Connected:
    """Everything that could be connected is."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """A person has to choose among several accounts."""

    offer: OfferId


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was connected, and nothing that was connected before was harmed."""

    why: ConsentFailure


Ending = Connected | Choosing | Failed


@dataclass(frozen=True, slots=True)
class Consent:
    """A journey to the platform's consent page, bound to the user and the browser that began it. Only digests are kept."""

    state_digest: str
    owner: OwnerId
    browser_digest: str
    expires_at: datetime
    reconnects: ConnectionId | None = None
    """Guarded: the account of this connection must be reached, or nothing moves."""
    consumed_at: datetime | None = None
    ending: Ending | None = None

    def belongs_to(self, owner: OwnerId, browser_digest: str) -> bool:
        return self.owner == owner and self.browser_digest == browser_digest

    def repeatable(self, now: datetime) -> bool:
        """Whether a reload of the callback still gets the first answer: within the consent's own life."""
        return self.consumed_at is not None and now < self.consumed_at + CONSENT_LIFE
