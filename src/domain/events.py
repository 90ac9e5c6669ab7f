"""Past-tense facts, written to the outbox in the commit that makes them true. They name things and never carry a token."""

from dataclasses import dataclass, field
from datetime import date, datetime

from domain.advertiser import Standing
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from domain.outcomes import Reason


@dataclass(frozen=True, slots=True)
class AboutAGrant:
    """What every fact says: whose it is, and when it came true."""

    grant: GrantId
    owner: OwnerId
    at: datetime = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class AccountsConnected(AboutAGrant):
    """Connections came under a grant: chosen for the first time, or taken over at a reconnect."""

    connections: tuple[ConnectionId, ...]


@dataclass(frozen=True, slots=True)
class AccountDisconnected(AboutAGrant):
    """A person disconnected an account."""

    connection: ConnectionId


@dataclass(frozen=True, slots=True)
class TokensRotated(AboutAGrant):
    """A new pair is stored."""

    generation: int


@dataclass(frozen=True, slots=True)
class GrantDegraded(AboutAGrant):
    """The refresh was refused; what there is can be served until `usable_until`."""

    reason: Reason
    usable_until: datetime


@dataclass(frozen=True, slots=True)
class GrantRecovered(AboutAGrant):
    """Its tokens work again, after its person had been asked to authorise again."""

    generation: int


@dataclass(frozen=True, slots=True)
class ReauthorisationRequired(AboutAGrant):
    """Nothing can be served until a person authorises again."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class RefreshTokenEnding(AboutAGrant):
    """The refresh token's year is nearly over; by `ends_at` a person must have authorised again."""

    days: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AccountLost(AboutAGrant):
    """The grant no longer reaches a connected account."""

    connection: ConnectionId


@dataclass(frozen=True, slots=True)
class AccountFound(AboutAGrant):
    """The grant reaches a connected account again."""

    connection: ConnectionId


@dataclass(frozen=True, slots=True)
class AccountStandingChanged(AboutAGrant):
    """The platform closed, punished, reviewed or opened a connected account."""

    connection: ConnectionId
    standing: Standing


@dataclass(frozen=True, slots=True)
class AccountsAdded(AboutAGrant):
    """The grant reaches accounts that it did not reach before; nobody has chosen them yet."""

    advertisers: tuple[AdvertiserId, ...]


@dataclass(frozen=True, slots=True)
class SpendImported(AboutAGrant):
    """Days of a connected account's spend were read and stored, from the first to the last, as the account counts days."""

    connection: ConnectionId
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class GrantErased(AboutAGrant):
    """The tokens are gone from the store; `revoked` says whether they are also to be revoked at the platform."""

    revoked: bool


@dataclass(frozen=True, slots=True)
class TokenRevoked(AboutAGrant):
    """The platform confirmed the revocation, or it was found shared and left alone (`shared`)."""

    shared: bool


@dataclass(frozen=True, slots=True)
class RevocationGivenUp(AboutAGrant):
    """The platform never confirmed a revocation, until the token ended or nobody would ask any longer; it was erased here."""


Event = (
    AccountsConnected
    | AccountDisconnected
    | TokensRotated
    | GrantDegraded
    | GrantRecovered
    | ReauthorisationRequired
    | RefreshTokenEnding
    | AccountLost
    | AccountFound
    | AccountStandingChanged
    | AccountsAdded
    | SpendImported
    | GrantErased
    | TokenRevoked
    | RevocationGivenUp
)
