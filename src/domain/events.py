"""Past-tense facts, written to the outbox in the commit that makes them true. They name things and never carry a token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.advertiser import Standing
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from domain.outcomes import Reason


@dataclass(frozen=True, slots=True)
class AccountsConnected:
    """Connections came under a grant: chosen for the first time, or taken over at a reconnect."""

    grant: GrantId
    owner: OwnerId
    connections: tuple[ConnectionId, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountDisconnected:
    """A person disconnected an account."""

    grant: GrantId
    owner: OwnerId
    connection: ConnectionId
    at: datetime


@dataclass(frozen=True, slots=True)
class TokensRotated:
    """A new pair is stored."""

    grant: GrantId
    owner: OwnerId
    generation: int
    at: datetime


@dataclass(frozen=True, slots=True)
class GrantDegraded:
    """The refresh was refused; what there is can be served until `usable_until`."""

    grant: GrantId
    owner: OwnerId
    reason: Reason
    usable_until: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class ReauthorisationRequired:
    """Nothing can be served until a person authorises again."""

    grant: GrantId
    owner: OwnerId
    reason: Reason
    at: datetime


@dataclass(frozen=True, slots=True)
class RefreshTokenEnding:
    """The refresh token's year is nearly over; by `ends_at` a person must have authorised again."""

    grant: GrantId
    owner: OwnerId
    days: int
    ends_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountLost:
    """The grant no longer reaches a connected account."""

    grant: GrantId
    owner: OwnerId
    connection: ConnectionId
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountFound:
    """The grant reaches a connected account again."""

    grant: GrantId
    owner: OwnerId
    connection: ConnectionId
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountStandingChanged:
    """The platform closed, punished, reviewed or opened a connected account."""

    grant: GrantId
    owner: OwnerId
    connection: ConnectionId
    standing: Standing
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountsAdded:
    """The grant reaches accounts that it did not reach before; nobody has chosen them yet."""

    grant: GrantId
    owner: OwnerId
    advertisers: tuple[AdvertiserId, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class GrantErased:
    """The tokens are gone from the store; `revoked` says whether they are also to be revoked at the platform."""

    grant: GrantId
    owner: OwnerId
    revoked: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class TokenRevoked:
    """The platform confirmed the revocation, or it was found shared and left alone (`shared`)."""

    grant: GrantId
    owner: OwnerId
    shared: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class RevocationGivenUp:
    """The platform never confirmed a revocation, until the token ended or nobody would ask any longer; it was erased here."""

    grant: GrantId
    owner: OwnerId
    at: datetime


Event = (
    AccountsConnected
    | AccountDisconnected
    | TokensRotated
    | GrantDegraded
    | ReauthorisationRequired
    | RefreshTokenEnding
    | AccountLost
    | AccountFound
    | AccountStandingChanged
    | AccountsAdded
    | GrantErased
    | TokenRevoked
    | RevocationGivenUp
)
