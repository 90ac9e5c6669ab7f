"""The store's ports over a database of this process."""

import copy
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from adapters.memory.audit_trail import MemoryAuditTrail
from adapters.memory.database import Changes, MemoryDatabase, copy_of
from adapters.memory.erasures import MemoryErasures
from adapters.memory.mirror_records import MemoryMirrorRecords
from adapters.memory.outbox_writing import MemoryOutbox
from domain.consent import Consent, Ending
from domain.errors import Conflict
from domain.grant import Grant
from domain.grant_health import Active, Degraded, NeedsReauth
from domain.ids import NOBODY, AdvertiserId, AppId, ConnectionId, GrantId, OfferId, OwnerId, RevocationId
from domain.offer import Offer
from domain.queued_revocation import Revocation
from domain.tokens import Expiring


class MemoryGrants:
    """Grants in a table, under the changes of this transaction."""

    def __init__(self, rows: Changes) -> None:
        self._rows = rows

    def add(self, grant: Grant) -> None:
        self.save(grant)

    def get(self, grants: Iterable[GrantId], *, owner: OwnerId | None = None) -> list[Grant]:
        stored = (self._rows.grants[g] for g in sorted(set(grants)) if g in self._rows.grants)
        return [copy_of(grant) for grant in stored if owner in {None, grant.owner}]

    def save(self, grant: Grant) -> None:
        self._rows.grants[grant.id] = copy_of(grant)
        self._rows.events.extend(grant.events)
        grant.events.clear()

    def check(self) -> None:
        """What a database's constraints would say at the commit."""
        for owner in {grant.owner for grant in self._rows.grants.changed.values()}:
            connected = [c.advertiser.id for g in self._of_owner(owner) for c in g.connections.values()]
            if len(connected) > len(set(connected)):
                raise Conflict("an account is connected twice")

    def of_connection(self, connection: ConnectionId, *, owner: OwnerId | None = None) -> Grant | None:
        changed = self._rows.grants.changed
        below = self._rows.rows.grants.of_connection(connection)
        here = [g for g in changed.values() if connection in g.connections]
        grants = here or [self._rows.grants[g] for g in [below] if g is not None and g not in changed]
        return copy_of(grants[0]) if grants and owner in {None, grants[0].owner} else None

    def of_account(self, owner: OwnerId, advertiser: AdvertiserId) -> Grant | None:
        return next(iter(self.connecting(owner, [advertiser])), None)

    def connecting(self, owner: OwnerId, advertisers: Iterable[AdvertiserId]) -> list[Grant]:
        advertiser_ids = set(advertisers)
        return [g for g in self.of_owner(owner) if any(c.advertiser.id in advertiser_ids for c in g.connections.values())]

    def of_owner(self, owner: OwnerId) -> list[Grant]:
        return [copy_of(g) for g in self._of_owner(owner) if g.connections]

    def living_of(self, owner: OwnerId) -> list[Grant]:
        return [copy_of(g) for g in self._of_owner(owner) if not g.erased]

    def _of_owner(self, owner: OwnerId) -> list[Grant]:
        changed = {g.id for g in self._rows.grants.changed.values() if g.owner == owner}
        return [self._rows.grants[g] for g in sorted(changed.union(self._rows.rows.grants.of_owner(owner)))]

    def unread_since(self, app: AppId, before: datetime, *, limit: int) -> list[GrantId]:
        unread = [g for g in self._connected() if g.app == app and (g.reach_read_at or g.created_at) <= before]
        return [g.id for g in sorted(unread, key=lambda g: g.reach_read_at or g.created_at)][:limit]

    def ending(self, app: AppId, until: datetime, *, after: GrantId | None, limit: int) -> list[GrantId]:
        own = (g for g in self._connected() if g.app == app)
        ends = [g.id for g in own if isinstance(g.tokens, Expiring) and g.tokens.refresh_expires_at <= until]
        return sorted(g for g in ends if after is None or g > after)[:limit]

    def hopeless(self, before: datetime, *, limit: int) -> list[GrantId]:
        grants = self._rows.grants.values()
        hopeless_since = [(g.health.since, g.id) for g in grants if isinstance(g.health, NeedsReauth) and g.tokens]
        return [grant for since, grant in sorted(hopeless_since) if since < before][:limit]

    def asleep(self, app: AppId, until: datetime, *, limit: int) -> list[GrantId]:
        def sleeps(grant: Grant) -> bool:
            due_at, tokens = grant.schedule.due_at, grant.tokens
            sleeps_on = isinstance(grant.health, Active | Degraded) and grant.app == app and due_at is not None and due_at > until
            return sleeps_on and isinstance(tokens, Expiring) and tokens.access_expires_at > until

        return sorted(g.id for g in self._rows.grants.values() if sleeps(g))[:limit]

    def page(self, *, after: GrantId | None, limit: int) -> list[GrantId]:
        living = (g.id for g in self._rows.grants.values() if not g.erased)
        return sorted(g for g in living if after is None or g > after)[:limit]

    def _connected(self) -> Iterator[Grant]:
        return (g for g in self._rows.grants.values() if isinstance(g.health, Active | Degraded) and g.connections)

    def cut_down(self, before: datetime, *, limit: int) -> int:
        erased = (g for g in self._rows.grants.values() if g.erased and g.schedule.settled_at and g.schedule.settled_at < before)
        oldest = sorted(erased, key=lambda g: g.schedule.settled_at or before)[:limit]
        for grant in oldest:
            cut = copy_of(grant)
            cut.reach, cut.reach_read_at, cut.schedule = frozenset(), None, replace(grant.schedule, settled_at=None)
            cut.owner = NOBODY
            self._rows.grants[grant.id] = cut
            for about, what in [key for key in self._rows.notices if key[0] == grant.id]:
                del self._rows.notices[about, what]
        return len(oldest)

    def another_live_grant_shares(
        self, fingerprint: str, reach: Iterable[AdvertiserId], *, besides: GrantId, now: datetime
    ) -> bool:
        reached = frozenset(reach)
        awaited = {o.grant for o in self._rows.offers.values() if o.open(now)}
        return any(
            (g.fingerprint == fingerprint or g.reach & reached)
            for g in self._rows.grants.values()
            if g.id != besides and g.tokens and (g.connections or g.id in awaited)
        )


class MemoryOffers:
    """Offers in a dictionary."""

    def __init__(self, rows: Changes) -> None:
        self._rows = rows

    def add(self, offer: Offer) -> None:
        self._rows.offers[offer.id] = copy.copy(offer)

    def get(self, offer: OfferId, *, owner: OwnerId | None = None) -> Offer | None:
        stored = self._rows.offers.get(offer)
        return copy.copy(stored) if stored is not None and owner in {None, stored.owner} else None

    def save(self, offer: Offer) -> None:
        self._rows.offers[offer.id] = copy.copy(offer)

    def of_grant(self, grant: GrantId, *, owner: OwnerId | None = None) -> Offer | None:
        offers = (o for o in self._rows.offers.values() if o.grant == grant and owner in {None, o.owner})
        return next((copy.copy(o) for o in offers), None)

    def ended(self, now: datetime, *, limit: int) -> list[Offer]:
        over = (copy.copy(o) for o in self._rows.offers.values() if not o.open(now) and self._idle(o.grant))
        return sorted(over, key=lambda o: o.expires_at)[:limit]

    def forget(self, before: datetime) -> int:
        old = [k for k, o in self._rows.offers.items() if o.expires_at < before and not self._idle(o.grant)]
        for key in old:
            del self._rows.offers[key]
        return len(old)

    def empty_of(self, owner: OwnerId) -> None:
        for key, offer in [(key, offer) for key, offer in self._rows.offers.items() if offer.owner == owner]:
            self._rows.offers[key] = replace(offer, closed=True, advertisers=(), chosen=None)

    def _idle(self, grant: GrantId) -> bool:
        stored = self._rows.grants.get(grant)
        return stored is not None and not stored.erased and not stored.connections


class MemoryConsents:
    """Consents in a dictionary."""

    def __init__(self, rows: Changes) -> None:
        self._rows = rows

    def add(self, consent: Consent) -> None:
        self._rows.consents[consent.state_digest] = consent

    def consume(self, state_digest: str, now: datetime, *, owner: OwnerId | None = None) -> Consent | None:
        consent = self.get(state_digest, owner=owner)
        if consent is None or consent.consumed_at is not None or now >= consent.expires_at:
            return None
        taken = self._rows.consents[state_digest] = replace(consent, consumed_at=now)
        return taken

    def give_back(self, state_digest: str, *, owner: OwnerId | None = None) -> None:
        consent = self.get(state_digest, owner=owner)
        if consent is not None and consent.ending is None:
            self._rows.consents[state_digest] = replace(consent, consumed_at=None)

    def get(self, state_digest: str, *, owner: OwnerId | None = None) -> Consent | None:
        consent = self._rows.consents.get(state_digest)
        return consent if consent is not None and owner in {None, consent.owner} else None

    def end(self, state_digest: str, ending: Ending, *, owner: OwnerId | None = None) -> None:
        consent = self.get(state_digest, owner=owner)
        if consent is not None:
            self._rows.consents[state_digest] = replace(consent, ending=ending)

    def exchanging(self, since: datetime, until: datetime) -> bool:
        consents = self._rows.consents.values()
        return any(c.consumed_at is not None and since <= c.consumed_at <= until and c.ending is None for c in consents)

    def keep_newest(self, owner: OwnerId, count: int) -> int:
        unused = [c for c in self._rows.consents.values() if c.owner == owner and c.consumed_at is None]
        oldest_last = sorted(unused, key=lambda c: c.expires_at, reverse=True)
        return self._drop(c.state_digest for c in oldest_last[count:])

    def forget(self, before: datetime) -> int:
        return self._drop(k for k, c in self._rows.consents.items() if c.expires_at < before)

    def forget_of(self, owner: OwnerId) -> int:
        return self._drop(k for k, c in self._rows.consents.items() if c.owner == owner)

    def _drop(self, digests: Iterator[str]) -> int:
        dropped = list(digests)
        for key in dropped:
            del self._rows.consents[key]
        return len(dropped)


class MemoryRevocations:
    """The revocation queue in a dictionary."""

    def __init__(self, rows: Changes) -> None:
        self._rows = rows

    def add(self, revocation: Revocation) -> None:
        self._rows.revocations[revocation.id] = revocation

    def take_due(
        self, app: AppId, *, limit: int, lease: timedelta, now: datetime, served: Collection[OwnerId] = ()
    ) -> list[Revocation]:
        due = sorted(self._due(app, now), key=lambda r: (r.owner in served, r.due_at))[:limit]
        for revocation in due:
            self._rows.revocations[revocation.id] = replace(revocation, due_at=now + lease, leased_until=now + lease)
        return due

    def any_due(self, app: AppId, now: datetime) -> bool:
        return bool(self._due(app, now))

    def _due(self, app: AppId, now: datetime) -> list[Revocation]:
        revocations = self._rows.revocations.values()
        return [r for r in revocations if r.due_at <= now and (r.app == app or r.give_up_at <= now)]

    def under_way(self, now: datetime) -> bool:
        return any(r.leased_until is not None and r.leased_until > now for r in self._rows.revocations.values())

    def save(self, revocation: Revocation) -> None:
        if stored := self._rows.revocations.get(revocation.id):
            failures, due_at = revocation.failures, revocation.due_at
            self._rows.revocations[revocation.id] = replace(stored, failures=failures, due_at=due_at, leased_until=None)

    def sealed_by(self, key: str, *, limit: int) -> list[Revocation]:
        sealed = (self._rows.revocations[r] for r in sorted(self._rows.revocations))
        return [r for r in sealed if r.access.key_id == key][:limit]

    def done(self, revocation: RevocationId) -> None:
        self._rows.revocations.pop(revocation, None)

    def clear(self) -> None:
        for revocation in list(self._rows.revocations):
            self.done(revocation)


class MemoryNotices:
    """What was announced, in a dictionary."""

    def __init__(self, rows: Changes) -> None:
        self._rows = rows

    def first(self, grant: GrantId, what: str) -> bool:
        if (grant, what) in self._rows.notices:
            return False
        self._rows.notices[grant, what] = None
        return True


class MemoryUnitOfWork:
    """A transaction: changes over the rows, applied at the commit."""

    def __init__(self, database: MemoryDatabase, *, writes: bool) -> None:
        self._database, self._writes = database, writes

    def __enter__(self) -> Self:
        self._database.lock.acquire()
        try:
            rows = self._database.answer()
        except BaseException:
            self._database.lock.release()
            raise
        self._changes = Changes(rows)
        self.grants = MemoryGrants(self._changes)
        self.offers = MemoryOffers(self._changes)
        self.consents = MemoryConsents(self._changes)
        self.revocations = MemoryRevocations(self._changes)
        self.erasures = MemoryErasures(self._changes)
        self.notices = MemoryNotices(self._changes)
        self.audit_trail = MemoryAuditTrail(self._changes)
        self.outbox = MemoryOutbox(self._changes)
        self.mirror = MemoryMirrorRecords(self._changes)
        return self

    def commit(self) -> None:
        if not self._writes:
            raise RuntimeError("a unit of work for reading has nothing to commit")
        self._database.answer()
        self.grants.check()
        self._changes.apply()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /) -> None:
        self._database.lock.release()


class MemoryStore:
    """Units of work over one database of this process."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def read(self) -> MemoryUnitOfWork:
        return MemoryUnitOfWork(self._database, writes=False)

    def write(self) -> MemoryUnitOfWork:
        return MemoryUnitOfWork(self._database, writes=True)

    def try_write(self) -> None:
        with self.write():
            pass

    def vacuum_traces(self) -> bool:
        return True
