"""What the contract tests of the storage ports are given: one database, whichever it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from application.ports.claims import Claim, Claims, Due
from application.ports.fleet import Fleet
from application.ports.heartbeats import Heartbeats
from application.ports.incidents import Incidents
from application.ports.journal_register import JournalRegister
from application.ports.outbox_feed import OutboxFeed
from application.ports.store import Store
from domain.events import Event
from domain.grant import Grant
from domain.ids import GrantId
from support.builders import APP, MINUTE
from support.world import SimulatedClock


@dataclass
class Kept:
    """One database with everything that is stored in it, and short words for what most tests do."""

    store: Store
    claims: Claims
    fleet: Fleet
    heartbeats: Heartbeats
    incidents: Incidents
    journals: JournalRegister
    feed: OutboxFeed
    clock: SimulatedClock
    facts: Callable[[], list[Event]]
    """What the outbox holds, in order."""

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
