"""Grants and their connections as rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, or_, select, update

from adapters.sql import tables
from adapters.sql.bulk_writes import add_many, put_many
from adapters.sql.grant_rows import (
    Columns,
    connection_of,
    connection_row,
    grant_of,
    health_columns,
    row_of,
    schedule_columns,
    token_columns,
)
from adapters.sql.outbox_writing import SqlOutbox
from application.ports.claims_and_settlements import TokenModel
from application.ports.fleet import HEALTH_WORDS
from domain.advertiser import Connection as AccountConnection
from domain.errors import Conflict
from domain.grant import Grant
from domain.grant_health import Revoked, Superseded
from domain.ids import NOBODY, AdvertiserId, AppId, ConnectionId, GrantId, OwnerId

ERASED_WORDS = (HEALTH_WORDS[Revoked], HEALTH_WORDS[Superseded])

LOOKS = 3
"""How often a search is repeated whose find moved to another grant while it waited for the lock."""


class SqlGrants:
    """Grants with their connections. In a unit for changes every grant that is read stays locked until the end."""

    def __init__(self, connection: Connection, outbox: SqlOutbox, *, locks: bool, keys: Collection[str] | None) -> None:
        self._connection, self._outbox, self._locks, self._keys = connection, outbox, locks, keys
        self._read: dict[GrantId, Grant] = {}
        """What each grant was like when it was last read or stored here."""

    def add(self, grant: Grant) -> None:
        self._connection.execute(insert(tables.grants).values(row_of(grant)))
        self._read[grant.id] = replace(grant, reach=frozenset(), connections={})
        self._save_accounts(grant)

    def get(self, grants: Iterable[GrantId], *, owner: OwnerId | None = None) -> list[Grant]:
        grant_ids = sorted(set(grants))
        if not grant_ids:
            return []
        query = select(tables.grants).where(tables.grants.c.id.in_(grant_ids)).order_by(tables.grants.c.id)
        if owner is not None:
            query = query.where(tables.grants.c.owner == owner)
        if self._locks:
            query = query.with_for_update(key_share=True)  # rows that refer to a grant may be added meanwhile
        rows = self._connection.execute(query).all()
        reach = reach_of(self._connection, [r.id for r in rows])
        connections: dict[GrantId, list[AccountConnection]] = defaultdict(list)
        under = tables.connections.c.grant_id.in_([r.id for r in rows])
        order = (tables.connections.c.created_at, tables.connections.c.id)
        for row in self._connection.execute(select(tables.connections).where(under).order_by(*order)):
            connections[row.grant_id].append(connection_of(row))
        loaded = [grant_of(row, reach[row.id], connections[row.id]) for row in rows]
        for grant in loaded:
            self._note(grant)
        return loaded

    def save(self, grant: Grant) -> None:
        was = self._read[grant.id]
        values = row_of(grant)
        for unchanged in unchanged_columns(grant, was):
            del values[unchanged]
        at = and_(tables.grants.c.id == grant.id, tables.grants.c.generation == was.generation)
        if not self._connection.execute(update(tables.grants).where(at).values(values)).rowcount:
            raise Conflict(f"grant {grant.id} is no longer at generation {was.generation}")
        self._save_accounts(grant)

    def of_connection(self, connection: ConnectionId, *, owner: OwnerId | None = None) -> Grant | None:
        row = tables.connections.c
        return next(iter(self._of_connections(or_(row.id == connection, row.former_id == connection), owner)), None)

    def of_account(self, owner: OwnerId, advertiser: AdvertiserId) -> Grant | None:
        return next(iter(self.connecting(owner, [advertiser])), None)

    def connecting(self, owner: OwnerId, advertisers: Iterable[AdvertiserId]) -> list[Grant]:
        account = tables.connections.c.advertiser_id.in_(sorted(set(advertisers)))
        return self._of_connections(and_(tables.connections.c.owner == owner, account))

    def of_owner(self, owner: OwnerId) -> list[Grant]:
        return self._of_connections(tables.connections.c.owner == owner)

    def living_of(self, owner: OwnerId) -> list[Grant]:
        row = tables.grants.c
        living = select(row.id).where(row.owner == owner, row.health.not_in(ERASED_WORDS))
        return [g for g in self.get(self._connection.scalars(living).all()) if not g.erased]

    def unread_since(self, app: AppId, before: datetime, *, limit: int) -> list[GrantId]:
        row = tables.grants.c
        unread = select(row.id).where(
            tables.HELD, row.app == app, row.reach_known_at <= before, tables.sealed_here(row.key_id, self._keys)
        )
        return list(self._connection.scalars(unread.order_by(row.reach_known_at, row.id).limit(limit)))

    def ending(self, app: AppId, until: datetime, *, after: GrantId | None, limit: int) -> list[GrantId]:
        row = tables.grants.c
        ending = select(row.id).where(tables.HELD, row.app == app, row.refresh_expires_at <= until, row.id > (after or ""))
        return list(self._connection.scalars(ending.order_by(row.id).limit(limit)))

    def hopeless(self, before: datetime, *, limit: int) -> list[GrantId]:
        row = tables.grants.c
        hopeless = select(row.id).where(tables.HOPELESS, row.since < before)
        return list(self._connection.scalars(hopeless.order_by(row.since, row.id).limit(limit)))

    def asleep(self, app: AppId, until: datetime, *, limit: int) -> list[GrantId]:
        row = tables.grants.c
        expiring = row.kind == TokenModel.EXPIRING.value
        asleep = select(row.id).where(
            tables.ROTATABLE, row.app == app, expiring, row.access_expires_at > until, row.due_at > until
        )
        return list(self._connection.scalars(asleep.order_by(row.id).limit(limit)))

    def cut_down(self, before: datetime, *, limit: int) -> int:
        row = tables.grants.c
        erased = select(row.id).where(tables.ERASED, row.settled_at < before).order_by(row.settled_at).limit(limit)
        ids = list(self._connection.scalars(erased))
        if ids:
            for about in (tables.reach, tables.notices):
                self._connection.execute(delete(about).where(about.c.grant_id.in_(ids)))
            self._connection.execute(
                update(tables.grants).where(row.id.in_(ids)).values(settled_at=None, reach_read_at=None, owner=NOBODY)
            )
        return len(ids)

    def page(self, *, after: GrantId | None, limit: int) -> list[GrantId]:
        row = tables.grants.c
        living = select(row.id).where(row.health.not_in(ERASED_WORDS), row.id > (after or ""))
        return list(self._connection.scalars(living.order_by(row.id).limit(limit)))

    def another_live_grant_shares(
        self, fingerprint: str, reach: Iterable[AdvertiserId], *, besides: GrantId, now: datetime
    ) -> bool:
        grants, accounts, offers = tables.grants, tables.reach, tables.offers
        awaited = and_(offers.c.grant_id == grants.c.id, ~offers.c.closed, offers.c.chosen.is_(None), offers.c.expires_at > now)
        live = and_(grants.c.kind.is_not(None), grants.c.id != besides, or_(grants.c.connected, exists().where(awaited)))
        same_token = select(grants.c.id).where(grants.c.fingerprint == fingerprint, live)
        same_account = select(grants.c.id).join(accounts).where(accounts.c.advertiser_id.in_(sorted(set(reach))), live)
        return any(self._connection.execute(q.limit(1)).first() for q in (same_token, same_account))

    def _of_connections(self, which: ColumnElement[bool], owner: OwnerId | None = None) -> list[Grant]:
        """The grants over these connections, looked up again once they are locked: a connection may have moved meanwhile.

        Of an owner: theirs alone, so that nobody waits for another's lock.
        """
        ids = select(tables.connections.c.grant_id).where(which).distinct()
        if owner is not None:
            ids = ids.join(tables.grants).where(tables.grants.c.owner == owner)
        grant_ids = set(self._connection.scalars(ids))
        for _ in range(LOOKS):
            grants = self.get(grant_ids)
            grant_ids = set(self._connection.scalars(ids)) if self._locks else grant_ids
            if grant_ids <= {g.id for g in grants}:
                return [g for g in grants if g.id in grant_ids]
        raise Conflict("the connections move faster than they can be read")

    def _note(self, grant: Grant) -> None:
        self._read[grant.id] = replace(grant, connections=dict(grant.connections))

    def _save_accounts(self, grant: Grant) -> None:
        """Its connections, its reach and its events, as far as they changed."""
        was = self._read[grant.id]
        row = tables.connections.c
        if gone := was.connections.keys() - grant.connections.keys():
            self._connection.execute(delete(tables.connections).where(row.id.in_(sorted(gone)), row.grant_id == grant.id))
        self._put([c for c in grant.connections.values() if was.connections.get(c.id) != c], grant)
        row = tables.reach.c
        if lost := was.reach - grant.reach:
            self._connection.execute(delete(tables.reach).where(row.grant_id == grant.id, row.advertiser_id.in_(sorted(lost))))
        if gained := grant.reach - was.reach:
            add_many(self._connection, tables.reach, [{"grant_id": grant.id, "advertiser_id": a} for a in sorted(gained)])
        self._outbox.add(grant.events)
        grant.events.clear()
        self._note(grant)

    def _put(self, changed: list[AccountConnection], grant: Grant) -> None:
        """A connection keeps its id when it moves here from another grant, so its row may exist, whichever is stored first."""
        if changed:
            put_many(self._connection, tables.connections, [connection_row(c, grant) for c in changed])


def unchanged_columns(grant: Grant, was: Grant) -> Columns:
    """What is not written: tokens are others' to write, and a newer version may have said more than was understood here."""
    columns: Columns = {}
    if grant.tokens is was.tokens:
        columns |= token_columns(grant)
    if grant.health is was.health:
        columns |= health_columns(grant.health)
    if grant.schedule is was.schedule:
        columns |= schedule_columns(grant.schedule)
    return columns


def reach_of(connection: Connection, grants: list[GrantId]) -> dict[GrantId, list[AdvertiserId]]:
    """The accounts that each of these grants reaches."""
    reach: dict[GrantId, list[AdvertiserId]] = defaultdict(list)
    for row in connection.execute(select(tables.reach).where(tables.reach.c.grant_id.in_(grants))):
        reach[row.grant_id].append(row.advertiser_id)
    return reach
