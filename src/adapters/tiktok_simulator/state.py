"""What the simulated TikTok remembers."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from .advertisers import DEFAULT_USERS, Advertiser
from .campaigns.planned_campaigns import AccountPlan
from .token_family import Family


@dataclass(frozen=True, slots=True)
class Code:
    """An authorisation code that was not exchanged yet."""

    app_id: str
    user: str
    advertiser_ids: list[str]
    ends: datetime


class Counters(msgspec.Struct, rename="camel"):
    """What happened so far; `/_sim/stats` shows it.

    refreshes         rotations done: answers to a spent token within the grace period are not counted again
    reuses            refresh calls with a spent token, outside the grace period
    families_revoked  consents whose tokens died by a reuse
    revocations       calls of `/oauth2/revoke_token/` that were done
    throttled         answers of 40100, by calls_per_second or by a fault
    max_in_flight     the most calls to the API that were under way at one time
    """

    refreshes: int = 0
    reuses: int = 0
    families_revoked: int = 0
    revocations: int = 0
    throttled: int = 0
    max_in_flight: int = 0


@dataclass(slots=True)
class SimulatorState:
    """Everything the simulated TikTok remembers, as plain data that can be saved and loaded."""

    seed: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    """The key under which tokens are minted; the same seed and the same calls give the same tokens."""
    clock_offset_seconds: float = 0.0
    last_id: int = 0
    users: dict[str, tuple[Advertiser, ...]] = field(default_factory=lambda: dict(DEFAULT_USERS))
    codes: dict[int, Code] = field(default_factory=dict)
    families: dict[int, Family] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    plans: dict[str, AccountPlan] = field(default_factory=dict)
    """What `/_sim/campaigns` said, by advertiser id."""

    def anew(self) -> "SimulatorState":
        """Nothing remembered, and another key that follows from this one."""
        return SimulatorState(seed=hashlib.sha256(self.seed.encode()).hexdigest()[: len(self.seed)])

    def next_id(self) -> int:
        """A number never given before, for a code or a family."""
        self.last_id += 1
        return self.last_id
