"""Asking the platform, from spare budget, which accounts its grants still reach."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from application.connecting.account_details_in_batches import AccountDetails, ReadDetails
from application.ports.ad_platform import AdPlatform
from application.ports.budget import Budget, Lane, Permits
from application.ports.clock import Clock
from application.ports.sealer import Sealer
from application.ports.store_of_all_owners import StoreOfAllOwners
from application.rotation.permit_turn import Turns, never, unless_listed, wait
from domain.advertiser import Advertiser
from domain.errors import CannotOpen
from domain.grant import Grant
from domain.ids import AdvertiserId, GrantId, OwnerId
from domain.lost_accounts import LOOK_AGAIN_AFTER, asked_for_by_themselves, lost_by_refused_details, platform_fails
from domain.tokens import Secret, TokenKind

log = logging.getLogger(__name__)

REACH_READ_EVERY = timedelta(days=7)
"""How often the platform is asked which accounts a grant still reaches."""

REACH_BATCH = 200

SPARE_WITHIN = timedelta(seconds=7)
"""How long a look may wait for its turn: what is due comes first."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a grant's accounts found."""

    owner: OwnerId
    listed: Mapping[AdvertiserId, Advertiser]
    missing: frozenset[AdvertiserId] = frozenset()
    """Connected accounts that were not listed, and are not known to be lost."""
    complete: bool = True
    """Whether all that the platform tells of them was read."""


@dataclass(slots=True)
class Looks:
    """What one audit found."""

    owners: set[OwnerId] = field(default_factory=set)
    """Those of whose grants one was looked at."""
    missed: dict[GrantId, Look] = field(default_factory=dict)
    """Grants whose connected accounts were not all listed."""
    grants: int = 0

    @property
    def believable(self) -> bool:
        """Whether what is missing may be lost: else it is the platform that fails."""
        return not platform_fails(self.owners, {look.owner for look in self.missed.values()})


@dataclass(frozen=True, slots=True)
class AuditReach:
    """Looks at each grant about weekly. An account that is missed is looked for twice more before it counts as lost."""

    store: StoreOfAllOwners
    platform: AdPlatform
    sealer: Sealer
    budget: Budget
    clock: Clock
    call_timeout: timedelta

    def __call__(self, stopping: Callable[[], bool] = never) -> int:
        """How many grants were looked at; it takes minutes where accounts are missed. Raises StoreUnavailable."""
        looks = self._look_at_all(stopping)
        for pause in LOOK_AGAIN_AFTER:
            if looks.missed and looks.believable:
                wait(self.clock, self.clock.monotonic() + pause, stopping)
                self._look_again(looks, stopping)
        if not looks.believable:
            log.critical(
                "the platform lists too few accounts of too many people: nobody loses any", extra={"grants": len(looks.missed)}
            )
        elif not stopping():
            for grant in looks.missed:
                self._lose(grant, looks.missed[grant])
        return looks.grants

    def _look_at_all(self, stopping: Callable[[], bool]) -> Looks:
        looks, left = Looks(), set[GrantId]()
        while not stopping():
            before = self.clock.now() - REACH_READ_EVERY
            with self.store.read() as work:
                unread = work.grants.unread_since(self.platform.app, before, limit=REACH_BATCH + len(left))
                grants = work.grants.get([grant for grant in unread if grant not in left])
            for grant in grants:
                look = self._look(grant, stopping)
                if isinstance(look, Permits):
                    return looks
                if look is None or look.missing or not look.complete:
                    left.add(grant.id)
                if look is not None:
                    self._note(looks, grant.id, look)
            if not grants:
                break
        return looks

    def _note(self, looks: Looks, grant: GrantId, look: Look) -> None:
        looks.grants += 1
        looks.owners.add(look.owner)
        if look.missing:
            looks.missed[grant] = look
        self._take(grant, look)

    def _look_again(self, looks: Looks, stopping: Callable[[], bool]) -> None:
        """For what is still missing. A look that fails proves nothing: the next audit looks again."""
        with self.store.read() as work:
            grants = work.grants.get(looks.missed)
        before, looks.missed = looks.missed, {}
        for grant in grants:
            look = self._look(grant, stopping)
            if look is None or isinstance(look, Permits):
                continue
            if missing := look.missing & before[grant.id].missing:
                looks.missed[grant.id] = replace(look, missing=missing)
            else:
                self._take(grant.id, look)

    def _look(self, grant: Grant, stopping: Callable[[], bool]) -> Look | Permits | None:
        """None: the platform did not list the grant's accounts. Permits: there was no turn to ask it."""
        if (access := self._access(grant)) is None:
            return None
        listed = self._turns(stopping).call(lambda: self.platform.reach(access), unless_listed, within=SPARE_WITHIN)
        if isinstance(listed, Permits):
            return listed
        if not isinstance(listed, tuple):
            return None
        accounts = {a.id: a for a in listed}
        connected = {c.advertiser.id: c for c in grant.connections.values()}
        details = self._details(access, sorted(accounts.keys() & connected.keys()), stopping)
        accounts = {a.id: a for a in details.described(accounts.values())}
        missing = frozenset(a for a, c in connected.items() if c.lost_at is None and a not in accounts)
        return Look(grant.owner, accounts, missing, details.complete)

    def _take(self, grant: GrantId, look: Look, lost: frozenset[AdvertiserId] = frozenset()) -> None:
        with self.store.write() as work:
            for current in work.grants.get([grant]):
                if not current.erased:
                    current.look_again(look.listed, self.clock.now(), lost=lost, complete=look.complete)
                    work.grants.save(current)
            work.commit()

    def _lose(self, grant: GrantId, look: Look) -> None:
        """What was missed each time is lost. An empty list proves nothing by itself: there the details must be refused too."""
        lost = look.missing
        if not look.listed:
            with self.store.read() as work:
                lost = frozenset[AdvertiserId]().union(*(self._refused(g, look.missing) for g in work.grants.get([grant])))
        self._take(grant, look, lost)

    def _refused(self, grant: Grant, missing: frozenset[AdvertiserId]) -> frozenset[AdvertiserId]:
        """Those of whom the platform told details before, and tells none now."""
        account_ids = asked_for_by_themselves(grant.connections.values(), missing)
        if (access := self._access(grant)) is None:
            return frozenset()
        details = self._details(access, account_ids, never)
        return lost_by_refused_details(account_ids, details.told, complete=details.complete)

    def _access(self, grant: Grant) -> Secret | None:
        try:
            return self.sealer.open(grant.tokens.access, grant.place, TokenKind.ACCESS) if grant.tokens else None
        except CannotOpen:
            return None

    def _details(self, access: Secret, accounts: Sequence[AdvertiserId], stopping: Callable[[], bool]) -> AccountDetails:
        read_details = ReadDetails(self.platform, self.clock, self.call_timeout, self._turns(stopping))
        return read_details(access, accounts)

    def _turns(self, stopping: Callable[[], bool]) -> Turns:
        return Turns(self.budget, self.clock, self.platform.app, Lane.BACKGROUND, stopping)
