"""See whether the platform takes the app's id and secret, with a token that is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from application.database_hold.identity_watch import IdentityWatch
from application.ports.ad_platform import AdPlatform
from application.ports.budget import Budget, Lane, Obstacle, Permits
from application.ports.clock import Clock
from application.ports.sealer import Sealer
from application.ports.store_of_all_owners import StoreOfAllOwners
from application.rotation.permit_turn import PERMIT_PATIENCE, Turns, unless_listed
from domain.database_hold import Held
from domain.errors import BudgetSpent, CannotOpen
from domain.grant import Grant
from domain.grant_health import Active
from domain.ids import GrantId
from domain.outcomes import Misconfigured, NotPermitted, OurFault, PathMissing, Refused, Unanswered
from domain.tokens import Expiring, Secret, TokenKind

MOST_TRIES = 3
"""How many tokens are tried where one after the other is dead."""

SEARCHED_BATCH, MOST_SEARCHED = 100, 2_000
"""How many grants are looked at for a token that should be alive."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The platform took them."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The platform refuses them, or forbids the app."""

    failure: Misconfigured


@dataclass(frozen=True, slots=True)
class Untried:
    """There is no telling. `obstacle` None: no stored token of the app is alive."""

    obstacle: Obstacle | BudgetSpent | None = None


@dataclass(frozen=True, slots=True)
class TryAppSecret:
    """The cheapest call that carries the secret: which accounts a token reaches. It spends nothing."""

    store: StoreOfAllOwners
    platform: AdPlatform
    sealer: Sealer
    budget: Budget
    watch: IdentityWatch
    clock: Clock

    def __call__(self) -> Taken | NotTaken | Untried:
        """Raises StoreUnavailable."""
        if hold := self.watch.hold():
            return Untried(Held(hold))
        for access in islice(self._stored_tokens(), MOST_TRIES):
            if outcome := self._tried(access):
                return outcome
        return Untried()

    def _tried(self, access: Secret) -> Taken | NotTaken | Untried | None:
        """None: this token is dead, and says nothing of the secret."""
        turns = Turns(self.budget, self.clock, self.platform.app, Lane.PEOPLE)
        answer = turns.call(lambda: self.platform.reach(access), unless_listed, within=PERMIT_PATIENCE)
        if isinstance(answer, Permits):
            if not isinstance(answer.because, Misconfigured):  # which is what is to be found out
                return Untried(answer.because or BudgetSpent(answer.wait))
            answer = self.platform.reach(access)
            self.budget.learn(self.platform.app, unless_listed(answer))
        if isinstance(answer, Unanswered):
            return Untried(answer)
        match answer:
            case tuple() | NotPermitted():
                return Taken()
            case Misconfigured():
                return NotTaken(answer)
            case Refused():
                return None
            case PathMissing() | OurFault():
                return Untried(answer)

    def _stored_tokens(self) -> Iterator[Secret]:
        last: GrantId | None = None
        for _ in range(MOST_SEARCHED // SEARCHED_BATCH):
            with self.store.read() as work:
                batch = work.grants.page(after=last, limit=SEARCHED_BATCH)
                grants = work.grants.get(batch)
            for grant in grants:
                if access := self._opened(grant):
                    yield access
            if len(batch) < SEARCHED_BATCH:
                return
            last = batch[-1]

    def _opened(self, grant: Grant) -> Secret | None:
        """Its access token, if it is one of this app's that should be alive and opens here."""
        if grant.app != self.platform.app or grant.tokens is None or not isinstance(grant.health, Active):
            return None
        if isinstance(grant.tokens, Expiring) and grant.tokens.access_expires_at <= self.clock.now():
            return None
        try:
            return self.sealer.open(grant.tokens.access, grant.place, TokenKind.ACCESS)
        except CannotOpen:
            return None
