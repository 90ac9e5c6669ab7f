"""What the inside refuses, as facts. Doors choose status codes and sentences."""

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum

from domain.database_hold import Hold
from domain.ids import AdvertiserId, GrantId
from domain.outcomes import Reason
from domain.pause import Pause

HOLD_LASTS = timedelta(seconds=30)
"""When to come again while the database is on hold: a person has to act."""


class Refusal(Exception):
    """Root of everything that a caller can be told."""


class UnsafePolicy(Refusal):
    """The rotation's numbers would let a token lapse."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class AlreadyRotated(Refusal):
    """Another attempt stored a newer pair first."""

    def __init__(self, grant: GrantId, newest: int) -> None:
        super().__init__(f"grant {grant} is already at generation {newest}")
        self.grant, self.newest = grant, newest


class Erased(Refusal):
    """An erased grant never has tokens again."""

    def __init__(self, grant: GrantId) -> None:
        super().__init__(f"grant {grant} is erased")
        self.grant = grant


class InvalidRequest(Refusal):
    """The request itself can't be meant; the text says what to do."""


class ConnectionNotFound(Refusal):
    """No such connection, or another user's."""


class UnknownUser(Refusal):
    """The dashboard's database does not know this user, so that nothing could be shown to them."""


class UserWasErased(Refusal):
    """Everything of this user was erased a short while ago: a session from before brings nothing back."""


class UserBeyondLimits(Refusal):
    """A service asked for a user whom it may not ask for: as if there were nothing."""


class OfferNotFound(Refusal):
    """No such offer, or another user's."""


class OfferExpired(Refusal):
    """The choice came after the offer's ten minutes, or after it was cancelled."""


class OfferUsed(Refusal):
    """Another choice was made from this offer before."""


class AccountNotOnOffer(Refusal):
    """The choice names accounts that can't be chosen here."""

    def __init__(self, advertisers: tuple[AdvertiserId, ...]) -> None:
        super().__init__(f"not on offer: {', '.join(advertisers)}")
        self.advertisers = advertisers


class ReauthorisationNeeded(Refusal):
    """Waiting won't help: a person must authorise again."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class AccountOutOfReach(Refusal):
    """The grant works, and no longer reaches this account: a person who may use it must authorise."""


class TryLater(Refusal):
    """Waiting helps; `retry_after` says how long."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"try again in {retry_after.total_seconds():.0f} s")
        self.retry_after = retry_after


class PlatformThrottled(TryLater):
    """The platform takes no more calls now: it said so."""


class RateLimited(TryLater):
    """One user, service or address asks too often: nothing is sent, and nothing is used up."""


class BudgetSpent(TryLater):
    """Our own budget of calls has none left in time. Nothing was sent, and nothing is spent."""


class PlatformUnavailable(TryLater):
    """The platform can't be reached, or a renewal is in doubt and not settled yet."""


class PlatformMisconfigured(TryLater):
    """The platform doesn't accept this app's credentials: an operator must act, no user can."""


class OnHold(TryLater):
    """The database may be a copy, or a backup: nothing is sent to the platform until an operator has said what it is."""

    def __init__(self, hold: Hold, retry_after: timedelta = HOLD_LASTS) -> None:
        super().__init__(retry_after)
        self.hold = hold


class CallsPaused(TryLater):
    """An operator has paused all calls to the platform."""

    def __init__(self, pause: Pause, retry_after: timedelta = HOLD_LASTS) -> None:
        super().__init__(retry_after)
        self.pause = pause


class PlatformError(Refusal):
    """The platform answered a call other than a refresh with a definite error."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the platform answered {code}")
        self.code = code


class StoreFault(Enum):
    """What keeps a database from being used, where its own words tell: each has its own remedy."""

    CONNECTION_REFUSED = "connection refused"
    NO_SUCH_HOST = "no such host"
    NO_SUCH_DATABASE = "no such database"
    LOGIN_REFUSED = "login refused"
    TLS = "no agreement about TLS"
    UNKNOWN_PARAMETER = "a parameter of the URL is unknown"
    STARTUP_REFUSED = "a startup parameter is refused"
    TOO_MANY_CONNECTIONS = "too many connections"
    POOL_EXHAUSTED = "all connections of this process are in use"
    POOLER = "the pooler has no connection"
    STATEMENT_POOLING = "the pooler pools statements"
    LOCKED = "others hold a lock"
    TIMEOUT = "timeout"
    READ_ONLY = "read-only"
    FULL = "its disk is full"
    NOT_PERMITTED = "not permitted"
    NO_SCHEMA = "no schema to create tables in"
    NOT_UTF8 = "its encoding is not UTF-8"


class StoreUnavailable(Refusal):
    """The database can't be reached or would not take a change."""

    def __init__(self, message: str = "", fault: StoreFault | None = None) -> None:
        super().__init__(message)
        self.fault = fault


class Unstorable(StoreUnavailable):
    """A value that this database can't hold: trying again does not help."""


class ClockSkewed(Refusal):
    """The clocks of this process and of the database are too far apart for due times and lifetimes to be trusted."""

    def __init__(self, skew: timedelta) -> None:
        seconds = abs(skew).total_seconds()
        side = "behind" if skew > timedelta(0) else "ahead of"
        super().__init__(
            f"this machine's clock is {seconds:.0f} s {side} the database's; nothing is renewed from here until it is set right"
        )
        self.skew = skew


class Conflict(Refusal):
    """Another transaction changed the same rows first; the whole transaction may be tried again."""


class CannotOpen(Refusal):
    """A sealed token can't be opened here: its key is not configured, or it was moved or damaged."""

    def __init__(self, why: str, grant: GrantId | None = None) -> None:
        super().__init__(f"{why} (grant {grant})" if grant else why)
        self.why, self.grant = why, grant


class Misplaced(CannotOpen):
    """A connection stands under a grant that is not its owner's, or does not reach its account: somebody moved it there."""


class KeyAbsent(CannotOpen):
    """The key that sealed a token is not configured here; another host may hold it."""
