"""Wrong versions of what keeps owners apart, each planted by itself: the walk has to find it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from adapters.memory.erasures import MemoryErasures
from adapters.memory.spend_store import MemorySpendStore
from adapters.memory.store import MemoryConsents, MemoryGrants, MemoryOffers
from domain.consent import Consent
from domain.grant import Grant
from domain.ids import OwnerId
from domain.rate_limit import RateLimit
from entrypoints.http.auth.rate_limits import RateLimiter

Plant = Callable[[pytest.MonkeyPatch], None]


def unfiltered(store: type, name: str) -> Plant:
    """The query goes by the id alone."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = getattr(store, name)

        @wraps(right)
        def wrong(self: Any, *args: Any, owner: object = None) -> Any:  # noqa: ANN401 -- passed on as it comes
            del owner
            return right(self, *args)

        patch.setattr(store, name, wrong)

    return plant


def of_everybody(store: type, name: str) -> Plant:
    """The query finds, or changes, what is any owner's: lists are longer, of single things the first is taken."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = getattr(store, name)

        @wraps(right)
        def wrong(self: Any, owner: OwnerId, *args: Any) -> Any:  # noqa: ANN401 -- passed on as it comes
            found = [right(self, owner, *args) for owner in owners_in(self) | {owner: None}]
            if any(isinstance(one, list) for one in found):
                return [item for one in found for item in one]
            if any(isinstance(one, int) for one in found):
                return sum(found)
            return next((one for one in found if one is not None), None)

        patch.setattr(store, name, wrong)

    return plant


def owners_in(store: Any) -> dict[OwnerId, None]:  # noqa: ANN401 -- any part of the memory store
    rows = store.database.rows if isinstance(store, MemorySpendStore) else store._rows  # noqa: SLF001 -- what is wrong there
    return dict.fromkeys(sorted({one.owner for kept in (rows.grants, rows.consents, rows.offers) for one in kept.values()}))


def everybodys_connected_grants(patch: pytest.MonkeyPatch) -> None:
    """Whoever looks for an owner's living grants has others' too. Without a connection they are left out: an erasure that can't
    empty the offer behind one would look for it for ever.
    """
    right = MemoryGrants.living_of

    def wrong(self: MemoryGrants, owner: OwnerId) -> list[Grant]:
        living = [grant for one in owners_in(self) | {owner: None} for grant in right(self, one)]
        return [grant for grant in living if grant.owner == owner or grant.connections]

    patch.setattr(MemoryGrants, "living_of", wrong)


def by_account_alone(name: str) -> Plant:
    """Spend is looked for by the account, whoever connects it."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = getattr(MemorySpendStore, name)

        @wraps(right)
        def wrong(self: MemorySpendStore, accounts: Any, *args: Any) -> Any:  # noqa: ANN401 -- passed on as it comes
            first = {of.account: of for of in sorted(self.database.rows.spend, key=lambda of: of.owner, reverse=True)}
            answers = {of: right(self, [first.get(of.account, of)], *args) for of in accounts}
            return {of: next(iter(answer.values())) for of, answer in answers.items()}

        patch.setattr(MemorySpendStore, name, wrong)

    return plant


def one_bound_for_all(patch: pytest.MonkeyPatch) -> None:
    """Open consents are bounded over all users together."""

    def wrong(self: Any, _: OwnerId, count: int) -> int:  # noqa: ANN401 -- passed on as it comes
        unused = [c for c in self._rows.consents.values() if c.consumed_at is None]
        newest_first = sorted(unused, key=lambda c: c.expires_at, reverse=True)
        return int(self._drop(c.state_digest for c in newest_first[count:]))

    patch.setattr(MemoryConsents, "keep_newest", wrong)


def one_count_for_all(patch: pytest.MonkeyPatch) -> None:
    """Rate limits are counted over all users together."""
    admit = RateLimiter.admit

    async def wrong(self: RateLimiter, limit: RateLimit, _: str) -> None:
        await admit(self, limit, "everybody")

    patch.setattr(RateLimiter, "admit", wrong)


def an_erasure_is_of_all(patch: pytest.MonkeyPatch) -> None:
    """Whoever asks is taken for the user who was erased."""

    def wrong(self: Any, *_: str) -> Any:  # noqa: ANN401 -- passed on as it comes
        return next(iter(self._rows.erasures.values()), None)

    patch.setattr(MemoryErasures, "of", wrong)


def a_state_is_anybodys(patch: pytest.MonkeyPatch) -> None:
    """A consent is bound to the browser alone. Each of the queries that also holds it to its owner is wrong, too."""
    patch.setattr(Consent, "belongs_to", lambda self, _, browser: self.browser_digest == browser)
    for name in ("get", "consume"):
        unfiltered(MemoryConsents, name)(patch)


MUTANTS: dict[str, Plant] = {
    "a grant by its connection": unfiltered(MemoryGrants, "of_connection"),
    "a grant by its account": of_everybody(MemoryGrants, "of_account"),
    "grants that connect accounts": of_everybody(MemoryGrants, "connecting"),
    "grants of an owner": of_everybody(MemoryGrants, "of_owner"),
    "living grants of an owner": everybodys_connected_grants,
    "an offer": unfiltered(MemoryOffers, "get"),
    "emptying the offers of an owner": of_everybody(MemoryOffers, "empty_of"),
    "a state": a_state_is_anybodys,
    "forgetting the consents of an owner": of_everybody(MemoryConsents, "forget_of"),
    "the bound of open consents": one_bound_for_all,
    "imports of an owner": of_everybody(MemorySpendStore, "imports"),
    "forgetting the spend of an owner": of_everybody(MemorySpendStore, "forget"),
    "rows of spend": by_account_alone("rows"),
    "days of spend": by_account_alone("days"),
    "rate limits": one_count_for_all,
    "erased users": an_erasure_is_of_all,
}
"""By what is asked for without heed to its owner."""

ONE_OF_EACH_KIND = {"a grant by its connection": 1, "rate limits": 0, "the bound of open consents": 0}
"""One for each kind of fault, with a walk that finds it soon."""
