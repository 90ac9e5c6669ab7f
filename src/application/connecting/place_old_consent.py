"""Bringing the accounts of one old consent under a grant: a new one, or one that reaches them already.

Rows of one consent begin with the same tokens. Once some were renewed they differ, and sending the older ones to the platform
could end the newer. So where an owner has several, the platform is asked which accounts the newer reach: those go with these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from application.connecting.erased_users import ErasedUsers
from application.connecting.relink import relink
from application.connecting.retry_on_conflict import retry_on_conflict
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.sealer import Sealer
from application.ports.store import Store
from domain.advertiser import Advertiser, Connection
from domain.allowance import EPOCH
from domain.errors import CannotOpen, Conflict, UserWasErased
from domain.grant import Grant
from domain.ids import AdvertiserId, AppId, ConnectionId, GrantId, OwnerId
from domain.old_connection import OldConnection, OldConsent
from domain.rotation_policy import RotationPolicy
from domain.seal_place import FIRST_GENERATION, SealPlace
from domain.tokens import Expiring, Secret, TokenKind

UNKNOWN_REACH = "which accounts its owner's newer tokens reach can't be read now: run this again once those were renewed here"
MAYBE_SPENT = "newer tokens of the same consent are here, and do not reach it: its person connects it again"

NEVER = datetime.max.replace(tzinfo=UTC)

Reach = frozenset[AdvertiserId]


@dataclass(slots=True)
class Plan:
    """Where each account of a consent is to go."""

    known: list[OldConnection] = field(default_factory=list)
    """Connected here, with tokens at least as new."""
    newer: list[OldConnection] = field(default_factory=list)
    """Taken over before, and renewed there since."""
    reached: list[tuple[OldConnection, Grant]] = field(default_factory=list)
    """Reached by a grant that is here."""
    own: list[OldConnection] = field(default_factory=list)
    """Need the tokens that they came with."""
    left: list[tuple[ConnectionId, str]] = field(default_factory=list)
    reach: Reach | None = None
    """What the consent's own tokens reach, where the platform was asked."""

    def done(self, consent: OldConsent) -> frozenset[ConnectionId]:
        """The rows whose tokens are of no use once this is carried out."""
        left = {row for row, _ in self.left}
        accounts = {row.account for row in consent.connections if row.id not in left}
        return frozenset(row.id for row in consent.rows if row.account in accounts)


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of one consent."""

    grant: Grant | None
    """The new one, if one was made."""
    taken: int
    known: int
    done: frozenset[ConnectionId]
    left: tuple[tuple[ConnectionId, str], ...]


@dataclass(frozen=True, slots=True)
class PlaceOldConsent:
    """Takes over one consent in one transaction. What it needs to know of the platform is asked before."""

    store: Store
    sealer: Sealer
    erased_users: ErasedUsers
    ask_reach: Callable[[Secret], Reach | None]
    """Which accounts an access token reaches: none if it is dead; None where that can't be learned."""
    clock: Clock
    ids: Ids
    policy: RotationPolicy
    app: AppId

    def __call__(self, consent: OldConsent, *, alone: bool) -> Placed:
        """Take it over. `alone`: its owner has no other rows with other tokens. Raises StoreUnavailable."""
        return retry_on_conflict(lambda: self._place(consent, alone=alone))

    def refuses(self, owner: OwnerId) -> bool:
        """Whether everything of this user was erased here a short while ago. Raises StoreUnavailable."""
        try:
            with self.store.read() as work:
                self.erased_users.refuse(work, owner, self.clock.now())
        except UserWasErased:
            return True
        return False

    def foresee(self, consent: OldConsent, besides: Sequence[Grant], *, alone: bool) -> Placed:
        """What would become of it if these grants were there too. Nothing is stored. Raises StoreUnavailable."""
        plan = self._plan(consent, [*self._grants_of(consent.newest.owner), *besides], alone=alone)
        for row, grant in plan.reached:
            grant.take_over(self._connection(row, consent), self.clock.now())
        return self._placed(consent, plan, self._new_grant(consent, plan))

    def _place(self, consent: OldConsent, *, alone: bool) -> Placed:
        owner, now = consent.newest.owner, self.clock.now()
        plan = self._plan(consent, self._grants_of(owner), alone=alone)
        made = self._new_grant(consent, plan)
        with self.store.write() as work:
            here = {grant.id: grant for grant in work.grants.get([grant.id for _, grant in plan.reached], owner=owner)}
            for row, planned in plan.reached:
                grant = here[planned.id]
                if grant.erased:
                    raise Conflict
                grant.take_over(self._connection(row, consent), now)
            for grant in here.values():
                work.grants.save(grant)
            if made:
                work.grants.add(made)
                [made] = work.grants.get([made.id], owner=owner)
                relink(work, made, self._accounts_with_spent_tokens(work.grants.connecting(owner, made.reach), plan), now)
                work.grants.save(made)
            work.commit()
        return self._placed(consent, plan, made)

    def _plan(self, consent: OldConsent, grants: Sequence[Grant], *, alone: bool) -> Plan:
        self.sealer.sync()
        plan, fresh = Plan(), list[OldConnection]()
        connected = {account: grant for grant in grants for account in grant.by_account}
        for row in consent.connections:
            grant = connected.get(row.account)
            if grant is None:
                fresh.append(row)
            elif self._is_newer(row, grant):
                plan.newer.append(row)
            else:
                plan.known.append(row)
        others = [grant for grant in grants if grant.tokens is not None]
        reaches = {grant.id: self._reach_of(grant) for grant in others} if fresh else {}
        for row in fresh:
            by = next((grant for grant in others if row.account in (reaches[grant.id] or ())), None)
            if by:
                plan.reached.append((row, by))
            else:
                plan.own.append(row)
        if plan.own and None in reaches.values():
            self._leave(plan, UNKNOWN_REACH)
        elif plan.own and self._shares(plan, connected):
            self._leave(plan, MAYBE_SPENT)
        if plan.newer or (plan.own and not alone):
            plan.reach = self._asked(consent.newest.access, consent.newest.access_expires_at)
        return plan

    @staticmethod
    def _shares(plan: Plan, connected: dict[AdvertiserId, Grant]) -> bool:
        """Whether some accounts of the consent are with newer tokens that were taken over from it."""
        grants = [*(grant for _, grant in plan.reached), *(connected[row.account] for row in plan.known)]
        return any(was_taken_over(grant) for grant in grants)

    @staticmethod
    def _leave(plan: Plan, why: str) -> None:
        plan.left = [(row.id, why) for row in plan.own]
        plan.own = []

    def _is_newer(self, row: OldConnection, grant: Grant) -> bool:
        """Whether a row has newer tokens than the grant that was made of it: whoever renewed them there spent ours."""
        return (
            was_taken_over(grant)
            and grant.generation == 1
            and isinstance(grant.tokens, Expiring)
            and grant.fingerprint != self.sealer.fingerprint(row.access)
            and row.access_expires_at > grant.tokens.access_expires_at
        )

    def _reach_of(self, grant: Grant) -> Reach | None:
        if grant.reach_read_at != EPOCH:
            return grant.reach
        if grant.tokens is None:
            return None
        try:
            access = self.sealer.open(grant.tokens.access, grant.place, TokenKind.ACCESS)
        except CannotOpen:
            return None
        return self._asked(access, grant.tokens.access_expires_at if isinstance(grant.tokens, Expiring) else NEVER)

    def _asked(self, access: Secret, expires_at: datetime) -> Reach | None:
        """What a token reaches. That one is dead which came to its end says nothing of its refresh token."""
        reach = self.ask_reach(access)
        return reach if reach or self.clock.now() < expires_at else None

    def _new_grant(self, consent: OldConsent, plan: Plan) -> Grant | None:
        if not plan.own and not plan.newer:
            return None
        grant, newest, now = GrantId(self.ids.new()), consent.newest, self.clock.now()
        place = SealPlace(newest.owner, grant, FIRST_GENERATION)
        access = self.sealer.seal(newest.access, place, TokenKind.ACCESS)
        refresh = self.sealer.seal(newest.refresh, place, TokenKind.REFRESH) if newest.refresh else None
        tokens = consent.tokens(access, refresh, now)
        reach = plan.reach or frozenset(row.account for row in plan.newer)
        made = Grant.consented(grant, newest.owner, self.app, tokens, self.sealer.fingerprint(newest.access), reach, self.policy)
        if plan.reach is None:
            made.read_reach_soon()
        for row in plan.own:
            made.take_over(self._connection(row, consent), now)
        return made

    def _connection(self, row: OldConnection, consent: OldConsent) -> Connection:
        return Connection(
            ConnectionId(self.ids.connection()),
            row.owner,
            Advertiser(row.account, row.account_name),
            created_at=consent.created_at(row.account),
            former_id=row.id,
        )

    def _grants_of(self, owner: OwnerId) -> list[Grant]:
        with self.store.read() as work:
            return work.grants.of_owner(owner)

    @staticmethod
    def _accounts_with_spent_tokens(grants: Iterable[Grant], plan: Plan) -> list[Advertiser]:
        """The accounts whose grants were taken over with tokens that are spent now: they go over to the new ones."""
        newer = {row.account for row in plan.newer}
        spent = [grant for grant in grants if newer & grant.by_account.keys()]
        return [connection.advertiser for grant in spent for connection in grant.connections.values()]

    @staticmethod
    def _placed(consent: OldConsent, plan: Plan, made: Grant | None) -> Placed:
        taken = len(plan.own) + len(plan.reached)
        return Placed(made, taken, len(plan.known) + len(plan.newer), plan.done(consent), tuple(plan.left))


def was_taken_over(grant: Grant) -> bool:
    """Whether some connection of this grant was the dashboard's own before."""
    return any(connection.former_id is not None for connection in grant.connections.values())
