from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy import select

from adapters.memory.claims import MemoryClaims
from adapters.memory.database import MemoryDatabase
from adapters.memory.fleet import MemoryFleet
from adapters.memory.heartbeats import MemoryHeartbeats
from adapters.memory.incidents import MemoryIncidents
from adapters.memory.journal_register import MemoryJournalRegister
from adapters.memory.outbox_feed import MemoryOutboxFeed
from adapters.memory.store import MemoryStore
from adapters.sql import tables
from adapters.sql.claims import SqlClaims
from adapters.sql.database import open_database
from adapters.sql.fleet import SqlFleet
from adapters.sql.heartbeats import SqlHeartbeats
from adapters.sql.incidents import SqlIncidents
from adapters.sql.journal_register import SqlJournalRegister
from adapters.sql.outbox_feed import SqlOutboxFeed
from adapters.sql.store import SqlStore
from domain import events
from domain.events import Event
from support.databases import Kept
from support.world import CountedIds, SimulatedClock


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    clock, ids = SimulatedClock(), CountedIds()
    if request.param == "memory":
        memory = MemoryDatabase()
        yield Kept(
            store=MemoryStore(memory),
            claims=MemoryClaims(memory, clock=clock, ids=ids),
            fleet=MemoryFleet(memory),
            heartbeats=MemoryHeartbeats(clock=clock),
            incidents=MemoryIncidents(memory),
            journals=MemoryJournalRegister(memory, clock=clock),
            feed=MemoryOutboxFeed(memory),
            clock=clock,
            facts=lambda: list(memory.rows.events),
        )
        return
    database = open_database(request.getfixturevalue(f"migrated_{request.param}_url"))

    def facts() -> list[Event]:
        with database.reading() as connection:
            rows = connection.execute(select(tables.outbox).order_by(tables.outbox.c.id)).all()
            return [msgspec.json.decode(row.payload, type=getattr(events, row.type)) for row in rows]

    yield Kept(
        store=SqlStore(database),
        claims=SqlClaims(database, host="here", ids=ids, clock=clock),
        fleet=SqlFleet(database),
        heartbeats=SqlHeartbeats(database, clock=clock),
        incidents=SqlIncidents(database),
        journals=SqlJournalRegister(database, clock=clock),
        feed=SqlOutboxFeed(database),
        clock=clock,
        facts=facts,
    )
    database.dispose()
