"""One database, whichever it is, with everything that is stored in it: for contract and chaos tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import select

from adapters.memory.audit_trail import MemoryAuditHistory
from adapters.memory.backlogs import MemoryBacklogs
from adapters.memory.claims_and_settlements import MemoryClaims
from adapters.memory.database import MemoryDatabase
from adapters.memory.fleet import MemoryFleet
from adapters.memory.heartbeats import MemoryHeartbeats
from adapters.memory.journal_register import MemoryJournalRegister
from adapters.memory.key_reports import MemoryKeyReports
from adapters.memory.metric_store import MemoryMetricStore
from adapters.memory.outbox_reading import MemoryOutboxFeed
from adapters.memory.owner_tallies import MemoryOwnerTallies
from adapters.memory.pause_record import MemoryPauseRecord
from adapters.memory.sealed_rows import MemorySealedRows
from adapters.memory.sealing_record import MemorySealingRecord
from adapters.memory.spend_deliveries import MemorySpendDeliveries
from adapters.memory.spend_store import MemorySpendStore
from adapters.memory.store import MemoryStore
from adapters.memory.webhook_queue import MemoryWebhookQueue
from adapters.sql import tables
from adapters.sql.audit_history import SqlAuditHistory
from adapters.sql.backlogs import SqlBacklogs
from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import open_database
from adapters.sql.fleet import SqlFleet
from adapters.sql.heartbeats import SqlHeartbeats
from adapters.sql.journal_register import SqlJournalRegister
from adapters.sql.key_reports import SqlKeyReports
from adapters.sql.metric_store import SqlMetricStore
from adapters.sql.outbox_reading import SqlOutboxFeed
from adapters.sql.owner_tallies import SqlOwnerTallies
from adapters.sql.pause_record import SqlPauseRecord
from adapters.sql.sealed_rows import SqlSealedRows
from adapters.sql.sealing_record import SqlSealingRecord
from adapters.sql.spend_deliveries import SqlSpendDeliveries
from adapters.sql.spend_store import SqlSpendStore
from adapters.sql.store import SqlStore
from adapters.sql.webhook_queue import SqlWebhookQueue
from application.ports.audit_trail import AuditHistory
from application.ports.backlogs import Backlogs
from application.ports.claims_and_settlements import Claim, Claims, Due
from application.ports.fleet import Fleet
from application.ports.heartbeats import Heartbeats
from application.ports.journal_register import JournalRegister
from application.ports.key_reports import KeyReports
from application.ports.metrics import MetricStore
from application.ports.outbox_reading import OutboxFeed
from application.ports.owner_tallies import OwnerTallies
from application.ports.pause_record import PauseRecord
from application.ports.sealed_rows import SealedRows
from application.ports.sealing_record import SealingRecord
from application.ports.spend_deliveries import SpendDeliveries
from application.ports.spend_store import SpendStoreOfAllOwners
from application.ports.store_of_all_owners import StoreOfAllOwners
from application.ports.webhook_queue import WebhookQueue
from domain import events
from domain.events import Event
from domain.grant import Grant
from domain.ids import GrantId
from support.builders import APP, MINUTE
from support.world import CountedIds, SimulatedClock


@dataclass
class Kept:
    """One database with everything that is stored in it, and short words for what most tests do."""

    store: StoreOfAllOwners
    claims: Claims
    fleet: Fleet
    heartbeats: Heartbeats
    tallies: OwnerTallies
    journals: JournalRegister
    feed: OutboxFeed
    webhooks: WebhookQueue
    spend: SpendStoreOfAllOwners
    deliveries: SpendDeliveries
    sealed_rows: SealedRows
    key_reports: KeyReports
    sealing_record: SealingRecord
    pauses: PauseRecord
    metrics: MetricStore
    backlogs: Backlogs
    audit_history: AuditHistory
    clock: SimulatedClock
    ids: CountedIds
    facts: Callable[[], list[Event]]
    """What the outbox holds, in order."""
    queued: Callable[[], set[GrantId]]
    """Grants with a token in the queue of revocations."""
    names: Callable[[], Iterable[GrantId]]
    """Of all grants that there are."""
    close: Callable[[], None] = lambda: None

    def grants(self) -> list[Grant]:
        with self.store.read() as work:
            return work.grants.get(self.names())

    def add(self, *grants: Grant) -> None:
        with self.store.write() as work:
            for grant in grants:
                work.grants.add(grant)
            work.commit()

    def grant(self, name: str = "grant-1") -> Grant:
        with self.store.read() as work:
            [found] = work.grants.get([GrantId(name)])
            return found

    def take_due(self, *, limit: int = 100, due: Due | None = None) -> list[Claim]:
        return self.claims.take_due(APP, limit=limit, lease=MINUTE / 2, due=due or Due())

    def take(self, name: str = "grant-1", *, generation: int = 1) -> Claim | None:
        return self.claims.take(GrantId(name), generation=generation, lease=MINUTE / 2)


def in_memory() -> Kept:
    """A new database of this process."""
    memory, clock, ids = MemoryDatabase(), SimulatedClock(), CountedIds()
    return Kept(
        store=MemoryStore(memory),
        claims=MemoryClaims(memory, clock=clock, ids=ids),
        fleet=MemoryFleet(memory),
        heartbeats=MemoryHeartbeats(clock=clock),
        tallies=MemoryOwnerTallies(memory),
        journals=MemoryJournalRegister(memory, clock=clock),
        feed=(feed := MemoryOutboxFeed(memory)),
        metrics=MemoryMetricStore(memory, clock=clock),
        backlogs=MemoryBacklogs(memory, feed),
        webhooks=MemoryWebhookQueue(memory, clock),
        spend=MemorySpendStore(memory, clock),
        deliveries=MemorySpendDeliveries(memory),
        sealed_rows=MemorySealedRows(memory),
        key_reports=MemoryKeyReports(memory, clock=clock),
        sealing_record=MemorySealingRecord(memory),
        pauses=MemoryPauseRecord(memory, clock),
        audit_history=MemoryAuditHistory(memory),
        clock=clock,
        ids=ids,
        facts=lambda: list(memory.rows.events),
        queued=lambda: {revocation.grant for revocation in memory.rows.revocations.values()},
        names=lambda: list(memory.rows.grants),
    )


def in_sql(url: str) -> Kept:
    """An empty, migrated database: SQLite or PostgreSQL."""
    database, clock, ids = open_database(url), SimulatedClock(), CountedIds()

    def facts() -> list[Event]:
        with database.reading() as connection:
            rows = connection.execute(select(tables.outbox).order_by(tables.outbox.c.id)).all()
            return [msgspec.json.decode(row.payload, type=getattr(events, row.type)) for row in rows]

    def read(column: str, table: str) -> list[GrantId]:
        with database.reading() as connection:
            return list(connection.scalars(select(getattr(tables, table).c[column])))

    return Kept(
        store=SqlStore(database),
        claims=SqlClaims(database, host="here", ids=ids, clock=clock),
        fleet=SqlFleet(database),
        heartbeats=SqlHeartbeats(database, clock=clock),
        tallies=SqlOwnerTallies(database),
        journals=SqlJournalRegister(database, clock=clock),
        feed=SqlOutboxFeed(database),
        metrics=SqlMetricStore(database, clock=clock),
        backlogs=SqlBacklogs(database),
        webhooks=SqlWebhookQueue(database, clock=clock),
        spend=SqlSpendStore(database, clock=clock),
        deliveries=SqlSpendDeliveries(database),
        sealed_rows=SqlSealedRows(database),
        key_reports=SqlKeyReports(database, clock=clock),
        sealing_record=SqlSealingRecord(database),
        pauses=SqlPauseRecord(database, clock=clock),
        audit_history=SqlAuditHistory(database),
        clock=clock,
        ids=ids,
        facts=facts,
        queued=lambda: set(read("grant_id", "revocations")),
        names=lambda: read("id", "grants"),
        close=database.dispose,
    )
