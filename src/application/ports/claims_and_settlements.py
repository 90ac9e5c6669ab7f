"""The port for claiming grants and settling what came of it. Every method is a transaction of its own, as short as it can be."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from domain.attempts_and_failures import Schedule
from domain.grant import Grant
from domain.grant_health import Active, Degraded, Health, NeedsReauth, Revoked, Superseded
from domain.ids import AppId, AttemptId, GrantId
from domain.rotation_attempt import CallOutcome


@dataclass(frozen=True, slots=True)
class Claim:
    """A reserved renewal: the grant as it was at that moment, and what to hold it to when settling."""

    grant: Grant
    """It may come without its connections: no renewal looks at them."""
    generation: int
    """The generation whose refresh token the holder may send."""
    attempt: AttemptId
    """What the claim is known by; everything but a rotation is held to it when settling."""
    before: Schedule
    """The renewal as it was, for giving the claim back."""
    came_to: CallOutcome | None = None
    """What was done under it, for the history of the grant; None: nothing that is to be told."""


class Settlement(Enum):
    """What became of a settle."""

    STORED = "stored"
    OVERTAKEN = "overtaken"
    """Somebody else settled first; nothing was written."""
    REVOKED = "revoked"
    """The grant was erased for good: a pair in hand is to be revoked."""
    SUPERSEDED = "superseded"
    """The grant was erased for a newer one, or is gone: a pair in hand is to be forgotten."""


def fenced_out(health: Health | None) -> Settlement:
    """What to tell a settle that found another generation, by the health of the grant now; None: the grant is gone."""
    match health:
        case Revoked():
            return Settlement.REVOKED
        case None | Superseded():
            return Settlement.SUPERSEDED
        case Active() | Degraded() | NeedsReauth():
            return Settlement.OVERTAKEN


class TokenModel(Enum):
    """Which token model a claim is after."""

    EXPIRING = "expiring"
    LONG_TERM = "long_term"


@dataclass(frozen=True, slots=True)
class Due:
    """Which grants count as due. The default: those whose due time has come."""

    kind: TokenModel = TokenModel.EXPIRING
    urgent_within: timedelta | None = None
    """Also those without a failure that come into their last hour within this time (`domain.due_times.urgent_at`)."""
    everything: bool = False
    """Also those in good health that are not due at all (an operator's `refresh --all`)."""
    since: datetime | None = None
    """None of those that were settled at this time or later: nothing is renewed twice in one sweep, however short its life. Those
    that were refused and not probed yet are wanted nevertheless."""
    repeats: bool = False
    """Instead, of either kind: those that were refused and wait in line to be sent again, first those that are not believed, then
    the most urgent; of several in a row no two are of one owner, while others wait (`domain.owner_turns.in_turns`)."""
    doubtful: bool = True
    """Also those in doubt, or with an attempt that nobody settled: their successor may lie in another host's journal."""


class Claims(Protocol):
    """Exactly one caller wins a grant. Leases are read by the store's clock. All raise StoreUnavailable when it is away."""

    def take_due(self, app: AppId, *, limit: int, lease: timedelta, due: Due) -> list[Claim]:
        """Reserve the most urgent due grants of this app, earliest access expiry first, skipping leased ones.

        A grant whose last claim was never settled comes back in doubt.
        """

    def take(self, grant: GrantId, *, generation: int, lease: timedelta, doubtful: bool = True) -> Claim | None:
        """Reserve this one grant, due or not.

        None when it is leased, erased, no longer at this generation, or doubtful where that is not wanted (see `Due.doubtful`).
        """

    def current(self, claim: Claim) -> bool:
        """Whether the grant is still at the claim's generation: to be asked before sending after an attempt without outcome."""

    def settle(self, grant: Grant, claim: Claim) -> Settlement:
        """Store the grant's tokens, health, renewal and events, and nothing else of it, in one step; and what the claim came to.

        A rotation (the grant's generation is past the claim's) is held to the claim's generation alone, everything else to
        the attempt too. A rotation leaves the new generation in doubt when another attempt than the claim's was under way:
        that one may have sent the spent token.
        """

    def release(self, claims: list[Claim]) -> None:
        """Give back claims of which nothing was sent, as they were before."""

    def hasten(self, app: AppId, count: int) -> None:
        """Have so many refused pairs that wait in line sent again at once, among all that is due, in the order of `Due.repeats`.

        None while enough of them are yet to be sent (`domain.refusal_repeats.HASTENED_AT_ONCE`).
        """

    def skew(self) -> timedelta:
        """How far the store's clock is ahead of this process's, which is behind it if negative."""

    def count_due(self, app: AppId, due: Due) -> int:
        """How many grants are due, leased ones included."""
