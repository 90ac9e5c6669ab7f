"""The numbers of the rotation, and which of them are refused because a token could lapse under them."""

from dataclasses import dataclass
from datetime import timedelta

from domain.call_timeout import CALL_TIMEOUT
from domain.errors import UnsafePolicy
from domain.tokens import ASSUMED_ACCESS_LIFE


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """The numbers of the rotation. Raises `UnsafePolicy` for those under which a 24 h token could lapse between sweeps."""

    sweep_every: timedelta = timedelta(seconds=15)
    lease: timedelta = timedelta(seconds=30)
    """How long a claim is another process's business alone."""
    call_timeout: timedelta = CALL_TIMEOUT
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

    def too_short(self, life: timedelta) -> bool:
        """Whether sweeps might miss half of such a life: the token is accepted, with a warning, and due at once."""
        return life < 4 * self.sweep_every
