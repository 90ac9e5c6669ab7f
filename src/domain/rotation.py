"""When a grant's tokens are renewed, and what is done with a grant whose time has come. Pure and total."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from domain.errors import UnsafePolicy
from domain.grant_health import Active, Degraded, Health, NeedsReauth
from domain.ids import GrantId
from domain.outcomes import Reason
from domain.refusals import Refusals
from domain.tokens import ASSUMED_ACCESS_LIFE, Expiring, LongTerm, Sealed, Tokens


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """The numbers of the rotation. Raises `UnsafePolicy` for those under which a 24 h token could lapse between sweeps."""

    sweep_every: timedelta = timedelta(seconds=15)
    lease: timedelta = timedelta(seconds=30)
    """How long a claim is another process's business alone."""
    call_timeout: timedelta = timedelta(seconds=10)
    """Wall-clock bound of one call to the platform."""
    settle_within: timedelta = timedelta(seconds=5)
    """The part of the lease that is left for storing an answer which took the whole call time-out."""
    rotate_at: float = 0.5
    """The part of its life after which a token is renewed."""
    spread: float = 0.1
    """The part of its life by which that is brought forward, differently for each grant, so that a fleet is not due at once."""
    probe_every: timedelta = timedelta(hours=12)
    """How often a token without an end is looked at."""

    def __post_init__(self) -> None:
        faults = []
        if not 0 <= self.spread < self.rotate_at < 1:
            faults.append("the spread must be less than the renewal point, and that less than the whole life")
        if self.sweep_every <= timedelta(0):
            faults.append("the time between sweeps must be positive")
        if self.lease < 2 * (self.call_timeout + self.settle_within):
            faults.append("the lease must be at least twice a call's time-out with its settlement")
        slack = ASSUMED_ACCESS_LIFE * (1 - self.rotate_at) - self.lease
        if 4 * self.sweep_every > slack:
            faults.append(f"four sweeps must fit between a 24 h token's renewal and its end: at most {slack / 4} apart")
        if faults:
            raise UnsafePolicy(faults)

    @property
    def last_moment(self) -> timedelta:
        """How long after its claim a call may still be sent: what it takes at the worst is over before the lease is."""
        return self.lease - self.call_timeout - self.settle_within

    @property
    def overdue_after(self) -> timedelta:
        """How long a grant may have been due: two sweeps may pass it over."""
        return 2 * self.sweep_every

    def due_at(self, tokens: Tokens, grant: GrantId) -> datetime:
        """When these tokens are to be renewed (expiring) or looked at (long-term)."""
        if isinstance(tokens, LongTerm):
            return self.probe_due_at(grant, tokens.issued_at)
        if self.too_short(tokens.life):
            return tokens.issued_at
        return tokens.issued_at + tokens.life * (self.rotate_at - self.spread * share_of(grant))

    def probe_due_at(self, grant: GrantId, probed_at: datetime) -> datetime:
        """When a long-term token that was looked at is to be looked at again."""
        return probed_at + self.probe_every * (1 - self.spread * share_of(grant))

    def too_short(self, life: timedelta) -> bool:
        """Whether sweeps might miss half of such a life: the token is accepted, with a warning, and due at once."""
        return life < 4 * self.sweep_every


def share_of(grant: GrantId, salt: str = "") -> float:
    """A number in [0, 1) that is the same for a grant always and everywhere."""
    return zlib.crc32(f"{grant}{salt}".encode()) / 0x1_0000_0000


def ends_at(tokens: Tokens | None) -> datetime | None:
    """When its access token ends, if it does."""
    return tokens.access_expires_at if isinstance(tokens, Expiring) else None


def urgent_at(tokens: Expiring) -> datetime:
    """An hour before the access token's end, or a twenty-fourth of its life if that is less."""
    return tokens.access_expires_at - min(timedelta(hours=1), tokens.life / 24)


class Restored(Enum):
    """How far a grant from a restored backup has shown whether its tokens live."""

    UNPROBED = "unprobed"
    ACCESS_WORKS = "access_works"
    ACCESS_DEAD = "access_dead"

    @classmethod
    def _missing_(cls, _word: object) -> "Restored":
        """What a newer version calls by another word: nothing is shown yet."""
        return cls.UNPROBED


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing to do."""


@dataclass(frozen=True, slots=True)
class Rotate:
    """Spend the refresh token for a new pair."""

    pair: Expiring


@dataclass(frozen=True, slots=True)
class Probe:
    """Look whether the access token still works."""

    access: Sealed


@dataclass(frozen=True, slots=True)
class Reauthorise:
    """Declare that a person must authorise again; no call is needed to know."""

    reason: Reason


Decision = Keep | Rotate | Probe | Reauthorise


def decide(
    tokens: Tokens | None,
    health: Health,
    now: datetime,
    *,
    refusals: Refusals | None = None,
    probe_first: bool = False,
    insist: bool = False,
    probe: bool = False,
) -> Decision:
    """What to do with a grant whose time has come. `insist`: an operator wants a refused token tried now. `probe`: somebody says
    that the access token is dead. `probe_first`: a healthy pair is not tried before (`rotation_schedule.is_probed_first`).
    """
    match tokens, health:
        case None, _:
            return Keep()
        case (Expiring() | LongTerm()) as held, Active():
            return Probe(held.access) if probe_first else _ordinary(held)
        case (Expiring() | LongTerm()) as held, Degraded() | NeedsReauth() if insist:
            return _ordinary(held)
        case _, Degraded(usable_until=until, reason=reason) if now >= until:
            return Reauthorise(reason)
        case (Expiring() | LongTerm()) as held, Degraded() | NeedsReauth() if refusals is not None:
            return Probe(held.access) if probe or refusals.awaits_probe else _repeat(held, refusals, now)
        case _:
            return Keep()


def _repeat(tokens: Tokens, refusals: Refusals, now: datetime) -> Decision:
    repeat_at = refusals.repeat_at(ends_at(tokens))
    is_time = not refusals.in_line or (repeat_at is not None and now >= repeat_at)
    return _ordinary(tokens) if is_time else Keep()


def _ordinary(tokens: Tokens) -> Rotate | Probe:
    return Rotate(tokens) if isinstance(tokens, Expiring) else Probe(tokens.access)
