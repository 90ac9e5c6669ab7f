"""The state of the simulated TikTok, and what its users do there: have accounts, consent, and withdraw their consent."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from .advertisers import Advertiser
from .call_limit import CallLimit
from .campaigns.planned_campaigns import AccountPlan
from .clock import Clock, RunningClock
from .config import Config
from .issued_tokens import IssuedTokens
from .state import Code, SimulatorState
from .token_family import Family
from .token_minting import Mint, SimulatedTokenKind

DEFAULT_APPS: Final[Mapping[str, str]] = {"sim-app": "sim-secret-not-for-production"}
CODE_LIFE: Final = timedelta(hours=1)  # TikTok's documentation of the advertiser flow


class UnknownUser(ValueError):
    """The simulator has no TikTok user of this name."""


class UnknownAdvertiser(ValueError):
    """The TikTok user has no such advertiser account."""


class SimulatedUsers:
    """What there is before any app calls: apps, users with their accounts and campaigns, consents, and the clock."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        config: Config | None = None,
        apps: Mapping[str, str] = DEFAULT_APPS,
        state: SimulatorState | None = None,
    ) -> None:
        self.state = state or SimulatorState()
        self.clock: Clock = clock or RunningClock(timedelta(seconds=self.state.clock_offset_seconds))
        self.config = config or Config()
        self.apps = dict(apps)
        self.refused_in_details: frozenset[str] = frozenset()
        """Accounts that make every look-up of details fail of which they are part."""
        self.listed_twice: frozenset[str] = frozenset()
        self.changes = 0
        """Grows with every change of what would be saved."""
        self._first_config = self.config
        self._read_state()

    def _read_state(self) -> None:
        self._mint = Mint(bytes.fromhex(self.state.seed))
        self._tokens = IssuedTokens(self._mint, self.state.families)
        self._limit = CallLimit()
        self._of_user: defaultdict[str, list[Family]] = defaultdict(list)
        for family in self.state.families.values():
            self._of_user[family.user].append(family)

    def reset(self) -> None:
        """Everything is as it was at the first start, except the apps; no token of before is known."""
        self.state, self.config = self.state.anew(), self._first_config
        self.refused_in_details = self.listed_twice = frozenset()
        if isinstance(self.clock, RunningClock):
            self.clock.reset()
        self.changes += 1
        self._read_state()

    def grant_code(self, user: str, advertiser_ids: Iterable[str], *, app_id: str | None = None) -> str:
        """The user approves the app (the first one unless named) for these accounts: an authorisation code.

        Raises UnknownUser or UnknownAdvertiser.
        """
        ids = list(dict.fromkeys(advertiser_ids))
        if missing := set(ids) - {account.advertiser_id for account in self.accounts(user)}:
            raise UnknownAdvertiser(f"{user} has no advertiser account {', '.join(sorted(missing))}.")
        serial = self.state.next_id()
        self.state.codes[serial] = Code(app_id or next(iter(self.apps)), user, ids, self.clock.now() + CODE_LIFE)
        self.changes += 1
        return self._mint.token(SimulatedTokenKind.CODE, serial, 1)

    def accounts(self, user: str) -> tuple[Advertiser, ...]:
        """The user's advertiser accounts; raises UnknownUser."""
        try:
            return self.state.users[user]
        except KeyError:
            raise UnknownUser(f"There is no TikTok user {user!r} here.") from None

    def set_accounts(self, user: str, advertisers: Sequence[Advertiser]) -> None:
        """From now on these are the user's accounts; a user not known before is added."""
        self.state.users[user] = tuple(advertisers)
        self.changes += 1

    def set_plan(self, plan: AccountPlan) -> None:
        """From now on the account's campaigns are what this says; what was said of it before is forgotten."""
        self.state.plans[plan.advertiser_id] = plan
        self.changes += 1

    def revoke_user(self, user: str) -> int:
        """The user withdraws every consent at TikTok itself; how many there were. Raises UnknownUser."""
        self.accounts(user)
        living = [family for family in self._of_user[user] if not family.revoked]
        for family in living:
            self._revoke(family)
        return len(living)

    def _revoke(self, family: Family) -> None:
        family.revoked = True
        self.changes += 1
