"""Which accounts are imported: those that their owners connect, by the outbox at once, and by a comparison now and then."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.heartbeats import Heartbeats
from application.ports.outbox_reading import OutboxFeed
from application.ports.spend_store import SpendAccount, SpendStoreOfAllOwners
from application.ports.store_of_all_owners import StoreOfAllOwners, UnitOfWorkOfAllOwners
from domain.events import AccountDisconnected, AccountsConnected
from domain.grant import Grant
from domain.ids import ConnectionId, GrantId, OwnerId
from domain.spend_plan import Purpose

CONSUMER = "spend"
"""The name of its cursor in the outbox. Facts are not kept for it: what it misses the comparison sees."""

FOLLOWING = "follow connections"
COMPARISON = "compare connections with imports"
"""The works that one process at a time does."""

COMPARED_EVERY = timedelta(hours=12)
RESERVED_FOR = timedelta(minutes=2)
"""How long a process that died in the middle keeps others from it."""

FACTS_AT_ONCE = GRANTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class FollowConnections:
    """A fact only names an owner: what they connect is read when it is compared with what is imported for them."""

    store: StoreOfAllOwners
    spend_store: SpendStoreOfAllOwners
    feed: OutboxFeed
    heartbeats: Heartbeats
    clock: Clock

    def __call__(self, *, stopping: Callable[[], bool]) -> None:
        """Unless another process is at it. Raises StoreUnavailable, and then begins again the next time."""
        if not self.heartbeats.reserve(FOLLOWING, for_at_most=RESERVED_FOR):
            return
        try:
            if self.heartbeats.reserve(COMPARISON, for_at_most=COMPARED_EVERY):
                compared = False
                try:
                    compared = self._compare_all(stopping)
                finally:
                    if not compared:
                        self.heartbeats.release(COMPARISON)
            self._follow_facts(stopping)
        finally:
            self.heartbeats.release(FOLLOWING)

    def _compare_all(self, stopping: Callable[[], bool]) -> bool:
        """Whether it came to its end. Facts that come meanwhile are heeded afterwards."""
        followed = {one.of for one in self.spend_store.imports() if one.left_at is None}
        connected, last = set[SpendAccount](), None
        while not stopping():
            with self.store.read() as work:
                page = list[GrantId](work.grants.page(after=last, limit=GRANTS_AT_ONCE))
                connected |= accounts_of(work.grants.get(page))
            if len(page) < GRANTS_AT_ONCE:
                self._change(followed, connected)
                return True
            last = page[-1]
        return False

    def _follow_facts(self, stopping: Callable[[], bool]) -> None:
        while not stopping():
            facts = self.feed.read(CONSUMER, limit=FACTS_AT_ONCE)
            if not facts:
                return
            events = [fact.event for fact in facts if isinstance(fact.event, AccountsConnected | AccountDisconnected)]
            connected_again = {c for event in events if isinstance(event, AccountsConnected) for c in event.connections}
            for owner in dict.fromkeys(event.owner for event in events):
                self._compare(owner, connected_again)
            self.feed.passed(CONSUMER, facts[-1].position)

    def _compare(self, owner: OwnerId, connected_again: Collection[ConnectionId]) -> None:
        imports = self.spend_store.imports(owner)
        with self.store.read() as work:
            connected = accounts_of(work.grants.of_owner(owner))
            reconnected = {account for c in connected_again if (account := account_of(work, c)) and account.owner == owner}
        self._change({one.of for one in imports if one.left_at is None}, connected)
        for one in imports:
            if one.of in reconnected and one.progress.failures:
                self._try_again(one.of)

    def _change(self, followed: Collection[SpendAccount], connected: Collection[SpendAccount]) -> None:
        self.spend_store.follow(of for of in connected if of not in followed)
        for of in followed:
            if of not in connected:
                self.spend_store.leave(of)

    def _try_again(self, of: SpendAccount) -> None:
        """What failed for want of a consent is due now."""
        if claim := self.spend_store.take(of, lease=RESERVED_FOR):
            progress = replace(claim.progress, failures=0, retry_at=None)
            self.spend_store.settle(claim, progress, due_at=self.clock.now(), purpose=Purpose.FIRST_DAYS)


def accounts_of(grants: Collection[Grant]) -> set[SpendAccount]:
    """The accounts that are connected under these grants."""
    return {SpendAccount(grant.owner, c.advertiser.id) for grant in grants for c in grant.connections.values()}


def account_of(work: UnitOfWorkOfAllOwners, connection: ConnectionId) -> SpendAccount | None:
    """The account of a connection, if it is still there."""
    grant = work.grants.of_connection(connection)
    return SpendAccount(grant.owner, grant.connection(connection).advertiser.id) if grant else None
