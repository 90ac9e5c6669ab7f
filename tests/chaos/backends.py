"""One database for the chaos tests, in memory or SQLite, with what they must see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import select

from adapters.memory.claims import MemoryClaims
from adapters.memory.database import MemoryDatabase
from adapters.memory.fleet import MemoryFleet
from adapters.memory.incidents import MemoryIncidents
from adapters.memory.store import MemoryStore
from adapters.sql import tables
from adapters.sql.claims import SqlClaims
from adapters.sql.database import open_database
from adapters.sql.fleet import SqlFleet
from adapters.sql.incidents import SqlIncidents
from adapters.sql.store import SqlStore
from application.ports.claims import Claims
from application.ports.fleet import Fleet
from application.ports.incidents import Incidents
from application.ports.store import Store
from domain import events
from domain.events import Event
from domain.grant import Grant
from domain.ids import GrantId
from support.world import CountedIds, SimulatedClock


@dataclass
class Backend:
    """A database and how to look at it behind the use-cases' backs."""

    clock: SimulatedClock
    ids: CountedIds
    store: Store
    claims: Claims
    incidents: Incidents
    fleet: Fleet
    facts: Callable[[], list[Event]]
    queued: Callable[[], set[GrantId]]
    """Grants with a token in the queue of revocations."""
    names: Callable[[], Iterable[GrantId]]
    close: Callable[[], None] = lambda: None

    def grants(self) -> list[Grant]:
        with self.store.read() as work:
            return work.grants.get(self.names())


def in_memory() -> Backend:
    memory, clock, ids = MemoryDatabase(), SimulatedClock(), CountedIds()
    return Backend(
        clock,
        ids,
        MemoryStore(memory),
        MemoryClaims(memory, clock=clock, ids=ids),
        MemoryIncidents(memory),
        MemoryFleet(memory),
        facts=lambda: list(memory.rows.events),
        queued=lambda: {r.grant for r in memory.rows.revocations.values()},
        names=lambda: list(memory.rows.grants),
    )


def in_sqlite(url: str) -> Backend:
    """Over an empty, migrated database."""
    database, clock, ids = open_database(url), SimulatedClock(), CountedIds()

    def facts() -> list[Event]:
        with database.reading() as connection:
            rows = connection.execute(select(tables.outbox).order_by(tables.outbox.c.id)).all()
            return [msgspec.json.decode(row.payload, type=getattr(events, row.type)) for row in rows]

    def read(column: str, table: str) -> list[GrantId]:
        with database.reading() as connection:
            return list(connection.scalars(select(getattr(tables, table).c[column])))

    return Backend(
        clock,
        ids,
        SqlStore(database),
        SqlClaims(database, host="here", ids=ids, clock=clock),
        SqlIncidents(database),
        SqlFleet(database),
        facts=facts,
        queued=lambda: set(read("grant_id", "revocations")),
        names=lambda: read("id", "grants"),
        close=database.dispose,
    )
