"""A small world for tests of rules and use-cases: simulated time, a simulated platform without a wire, everything in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.memory.clock import MemoryClock
from adapters.memory.database import MemoryDatabase
from adapters.memory.database_identity import MemoryIdentityNotes
from adapters.memory.journal import MemoryJournal
from adapters.memory.owner_tallies import MemoryOwnerTallies
from adapters.memory.removals import MemoryRemovals
from adapters.tiktok_simulator.config import Config
from adapters.tiktok_simulator.state import SimulatorState
from adapters.tiktok_simulator.token_state_machine import Machine
from application.connecting.one_use_state import InProgress
from application.ports.budget import Budget, Lane, Permits
from application.ports.claims_and_settlements import Claim, Claims
from application.ports.connection_mirror import ConnectionMirror
from application.ports.database_identity import IdentityNotes, IdentityRecord
from application.ports.executor import Executor
from application.ports.fleet import Fleet
from application.ports.owner_tallies import OwnerTallies
from application.ports.spend_sink import SpendSink
from application.ports.store_of_all_owners import StoreOfAllOwners
from application.rotation.claim_results import Rotation
from application.rotation.sweep_in_batches import SweepReport
from application.vend_token import ByConnection, Vended
from domain.advertiser import Connection
from domain.consent import Choosing, Ending
from domain.grant import Grant
from domain.ids import AppId, ConnectionId, GrantId, OwnerId
from domain.outcomes import (
    Failure,
    Misconfigured,
    Throttled,
)
from domain.rotation_policy import RotationPolicy
from domain.tokens import Secret
from entrypoints.settings import Settings
from entrypoints.testing import ApplicationOverMemory, application_over_memory, memory_settings
from support import builders
from support.simulator_as_ad_platform import APP, SimulatorAsAdPlatform

START, ANNA, BERT = builders.START, builders.ANNA, builders.BERT
BROWSER = "a-browser"


SimulatedClock = MemoryClock
"""The platform's clock as well as ours."""
SETTINGS = memory_settings(TIKTOK_APP_ID=APP)


class CountedIds:
    """UUIDs in the order of their making."""

    def __init__(self) -> None:
        self._last, self._lock = 0, threading.Lock()

    def new(self) -> str:
        with self._lock:
            self._last += 1
            return f"00000000-0000-4000-8000-{self._last:012d}"

    def connection(self) -> str:
        return self.new().replace("-4000-", "-7000-")


class CountedNonces(CountedIds):
    """Guessable text, which does for tests."""

    def new(self) -> str:
        return f"nonce-{super().new()}"


class FreeBudget:
    """As many calls as anybody wants, and no breaker; it remembers what it learnt."""

    def __init__(self) -> None:
        self.learnt: list[Failure | None] = []
        self.stop: Failure | None = None
        self.spent = False
        self.pause = timedelta(0)

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta, person: OwnerId | None = None) -> Permits:
        del app, lane, within, person
        if self.spent:
            return Permits(0, timedelta(seconds=3))
        return Permits(0, timedelta(seconds=30), because=self.stop) if self.stop else Permits(wanted, timedelta(0))

    def stopped(self, app: AppId) -> Failure | None:
        del app
        return self.stop

    def departs(self, lane: Lane) -> None:
        """Nobody counts."""

    def learn(self, app: AppId, failure: Failure | None) -> timedelta:
        del app
        self.learnt.append(failure)
        return self.pause if isinstance(failure, Throttled | Misconfigured) else timedelta(0)


@dataclass
class World:
    """The real container over memory, at a simulated platform. `given_…` and `store`, `claims` are adapters of one's own."""

    clock: SimulatedClock = field(default_factory=SimulatedClock)
    config: Config = field(default_factory=Config)
    policy: RotationPolicy = field(default_factory=RotationPolicy)
    store: StoreOfAllOwners | None = None
    claims: Claims | None = None
    ids: CountedIds = field(default_factory=CountedIds)
    given_platform: SimulatorAsAdPlatform | None = None
    given_sealer: AesGcmSealer | None = None
    given_journal: MemoryJournal | None = None
    given_tallies: OwnerTallies | None = None
    given_fleet: Fleet | None = None
    given_budget: Budget | None = None
    given_executor: Executor | None = None
    given_identity_record: IdentityRecord | None = None
    identity_notes: IdentityNotes = field(default_factory=MemoryIdentityNotes)
    removals: MemoryRemovals = field(default_factory=MemoryRemovals)
    given_mirror: ConnectionMirror | None = None
    given_sink: SpendSink | None = None
    here: str | None = None
    """The public origin at which it is served."""
    calls_in_flight: int = 1
    nonces: CountedNonces = field(default_factory=CountedNonces)

    def __post_init__(self) -> None:
        self.platform = self.given_platform or SimulatorAsAdPlatform(
            Machine(clock=self.clock, config=self.config, state=SimulatorState(seed="00" * 16))
        )
        self.machine = self.platform.machine
        self.sealer = self.given_sealer or AesGcmSealer(KeyRing.of([("k1", bytes(32))]))
        self.budget = FreeBudget()
        self.database, self.journal = MemoryDatabase(), self.given_journal or MemoryJournal()
        self.tallies = self.given_tallies or MemoryOwnerTallies(self.database)
        container = self.container = self.over(SETTINGS, calls_in_flight=self.calls_in_flight).container
        self.store, self.claims, self.journals = container.store(), container.stored_claims(), container.journals()
        self.contact, self.drain = container.claims().contact, container.drain()
        self.identity_record, self.watch = container.identity_record(), container.identity_watch()
        self.bare_claims: Claims = self.claims
        self.careful_claims = container.claims()
        self.carry_out, self.sweep_in_batches = container.carry_out(), container.sweep_in_batches()
        self.begin, self.complete, self.select = (
            container.begin_connect(),
            container.complete_connect(),
            container.select_accounts(),
        )
        self.rotate, self.sweep, self.audit = container.rotate_grant(), container.sweep_due_grants(), container.audit_grants()
        self.vend, self.disconnect, self.revoke = container.vend_token(), container.disconnect(), container.revoke_tokens()
        self.adopt = container.adopt_database()
        self.clear_offers, self.list_connections = container.clear_offers(), container.list_connections()

    def over(self, settings: Settings, **more: object) -> ApplicationOverMemory[SimulatorAsAdPlatform]:
        """The application with these settings over the adapters of this world, save those that are given."""
        adapters: dict[str, object] = {
            "store": self.store,
            "stored_claims": self.claims,
            "tallies": self.tallies,
            "fleet": self.given_fleet,
            "executor": self.given_executor,
            "ids": self.ids,
            "nonces": self.nonces,
            "policy": self.policy,
            "sealer": self.sealer,
            "shared_budget": self.given_budget or self.budget,
            "identity_record": self.given_identity_record,
            "identity_notes": (self.identity_notes,),
            "removals": self.removals,
            "connection_mirror": self.given_mirror,
            "spend_sink": self.given_sink,
            "host": "here",
        }
        own: dict[str, object] = {"public_origin": self.here}
        own |= {name: adapter for name, adapter in adapters.items() if adapter is not None}
        return application_over_memory(
            settings, platform=self.platform, clock=self.clock, database=self.database, journal=self.journal, **(own | more)
        )

    # what people do

    def state_of(self, owner: OwnerId, browser: str = BROWSER, *, reconnects: ConnectionId | None = None) -> str:
        """Begin a consent; the state that travels."""
        url = self.begin(owner, browser, reconnects=reconnects)
        return parse_qs(urlsplit(url).query)["state"][0]

    def consent(
        self,
        user: str,
        *accounts: int,
        owner: OwnerId = ANNA,
        browser: str = BROWSER,
        reconnects: ConnectionId | None = None,
    ) -> Ending | InProgress:
        """The whole journey to the platform and back; all of the user's accounts unless some are given by index."""
        state = self.state_of(owner, browser, reconnects=reconnects)
        return self.complete(owner, browser, state=state, code=self.code(user, *accounts))

    def code(self, user: str, *accounts: int) -> Secret:
        """The code that the user's approval leads to."""
        held = [a.advertiser_id for a in self.machine.accounts(user)]
        return Secret(self.machine.grant_code(user, [held[i] for i in accounts] if accounts else held))

    def connect(self, user: str, *accounts: int, owner: OwnerId = ANNA) -> tuple[Connection, ...]:
        """Consent and choose every selectable account; all connections of the grant."""
        ending = self.consent(user, *accounts, owner=owner)
        if isinstance(ending, Choosing):
            offer = self.select.offered(owner, ending.offer)
            self.select(owner, offer.id, [a.id for a in offer.selectable])
        return tuple(v.connection for v in self.list_connections(owner))

    # what workers and services do

    def claim(self, connection: Connection) -> Claim:
        """Claim the connection's grant, due or not."""
        grant = self.grant_of(connection)
        claim = self.claims.take(grant.id, generation=grant.generation, lease=self.policy.lease) if self.claims else None
        assert claim is not None
        return claim

    def carry_out_now(self, connection: Connection) -> Rotation:
        """Claim and carry out at once."""
        claim = self.claim(connection)
        return self.carry_out(claim, taken_at=self.clock.monotonic())

    def vend_of(self, connection: Connection, min_validity: timedelta | None = None) -> Vended:
        """A token for the connection; nobody else may be renewing it."""
        vended = self.vend(ByConnection(connection.id), min_validity=min_validity)
        assert isinstance(vended, Vended)
        return vended

    def sweep_with_another_key(self) -> SweepReport:
        """One sweep by a process that holds another key than ours."""
        stranger = replace(self.carry_out, sealer=AesGcmSealer(KeyRing.of([("k2", bytes(32))])))
        return replace(self.sweep, sweep_in_batches=replace(self.sweep_in_batches, carry_out=stranger))(
            for_at_most=timedelta(seconds=1)
        )

    def another_host(self) -> World:
        """The same database, platform and time, seen by a process of another host with its own journal."""
        return World(
            self.clock,
            self.config,
            self.policy,
            self.store,
            self.bare_claims,
            self.ids,
            self.platform,
            given_tallies=self.tallies,
            given_identity_record=self.identity_record,
            identity_notes=self.identity_notes,
            removals=self.removals,
            given_mirror=self.given_mirror,
            given_sink=self.given_sink,
            here=self.here,
            nonces=self.nonces,
        )

    # what a test looks at

    def grant_of(self, connection: Connection) -> Grant:
        """The grant that the connection is under."""
        assert self.store is not None
        with self.store.read() as work:
            grant = work.grants.of_connection(connection.id)
        assert grant is not None
        return grant

    def grant(self, grant: GrantId) -> Grant:
        """A grant by its id, erased or not."""
        assert self.store is not None
        with self.store.read() as work:
            [found] = work.grants.get([grant])
        return found

    def pass_time(self, **span: float) -> None:
        """Let time pass with nothing happening."""
        self.clock.advance(timedelta(**span))
        self.stay_in_touch()

    def stay_in_touch(self) -> None:
        """What the upkeep thread of a running process does every two seconds, without the steps between."""
        if self.database.away:
            self.contact.lost()
        else:
            self.contact.last = self.clock.monotonic()

    def sweep_for(self, span: timedelta, *, every: timedelta) -> None:
        """Let time pass with a sweep now and then."""
        until = self.clock.now() + span
        while self.clock.now() < until:
            self.sweep()
            self.clock.advance(every)
            self.stay_in_touch()
