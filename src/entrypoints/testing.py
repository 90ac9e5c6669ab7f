"""The whole application over memory, for tests: the real container, use-cases and doors, over adapters of this process."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar, overload

from joserfc import jwt
from joserfc.jwk import OctKey

from adapters.budget.process_budget import ProcessBudget
from adapters.memory.ad_platform import MemoryAdPlatform
from adapters.memory.audit_trail import MemoryAuditHistory
from adapters.memory.backlogs import MemoryBacklogs
from adapters.memory.broker import MemoryBroker
from adapters.memory.claims_and_settlements import MemoryClaims
from adapters.memory.clock import MemoryClock
from adapters.memory.database import MemoryDatabase
from adapters.memory.database_identity import MemoryIdentityNotes, MemoryIdentityRecord
from adapters.memory.executor import SerialExecutor
from adapters.memory.fleet import MemoryFleet
from adapters.memory.heartbeats import MemoryHeartbeats
from adapters.memory.journal import MemoryJournal
from adapters.memory.journal_register import MemoryJournalRegister
from adapters.memory.key_reports import MemoryKeyReports
from adapters.memory.metric_store import MemoryMetricStore
from adapters.memory.old_connections import MemoryOldConnections
from adapters.memory.outbox_reading import MemoryOutboxFeed
from adapters.memory.owner_tallies import MemoryOwnerTallies
from adapters.memory.pause_record import MemoryPauseRecord
from adapters.memory.removals import MemoryRemovals
from adapters.memory.sealed_rows import MemorySealedRows
from adapters.memory.sealing_record import MemorySealingRecord
from adapters.memory.spend_deliveries import MemorySpendDeliveries
from adapters.memory.spend_reports import MemorySpendReports
from adapters.memory.spend_store import MemorySpendStore
from adapters.memory.store import MemoryStore
from adapters.memory.token_buckets import MemoryTokenBuckets
from adapters.memory.webhook_queue import MemoryWebhookQueue
from adapters.null.connection_mirror import NullConnectionMirror
from adapters.null.orders import NullOrders
from adapters.null.spend_sink import NullSpendSink
from adapters.null.webhook_receiver import NullWebhookReceiver
from application.ports.ad_platform import AdPlatform
from application.rotation.outage_aware_claims import HOLD_BACK, Contact
from domain.advertiser import Advertiser, Standing
from domain.ids import AdvertiserId, OwnerId
from entrypoints.container import Container, build
from entrypoints.http.app import App, create_app
from entrypoints.settings import Hs256Key, Settings, load_settings

Platform = TypeVar("Platform", bound=AdPlatform)

SHOPS = tuple(
    Advertiser(
        AdvertiserId(f"700000000000000000{number}"),
        f"Shop {number}",
        "EUR",
        "Europe/Berlin",
        "STATUS_DISABLE" if number == 2 else "STATUS_ENABLE",  # noqa: PLR2004 (the second of them)
        Standing.CLOSED if number == 2 else Standing.OPEN,  # noqa: PLR2004 (the same)
    )
    for number in range(1, 6)
)
"""The accounts that the platform in memory knows. The second is closed."""


@dataclass(frozen=True)
class ApplicationOverMemory(Generic[Platform]):
    """Everything, and what a test does to it from outside: people at the platform, time, accidents."""

    container: Container
    platform: Platform
    clock: MemoryClock
    database: MemoryDatabase
    """`away` makes it refuse, as a database does that can't be reached."""
    journal: MemoryJournal
    """`full` makes it refuse, as a disk does."""

    @cached_property
    def app(self) -> App:
        """The HTTP door, for Litestar's test client."""
        return create_app(self.container)

    def pass_time(self, **span: float) -> None:
        """Let time pass (`hours=12`) for a process that runs all the while and looks at its database every few seconds."""
        self.clock.advance(timedelta(**span))
        self.stay_in_touch()

    def stay_in_touch(self) -> None:
        """What the upkeep thread of a running process has come to by now: in touch with the database, or not."""
        contact, now = self.container.claims().contact, self.clock.monotonic()
        if self.database.away:
            contact.lost()
        else:
            contact.since, contact.last = now if contact.since is None else contact.since, now

    def signed_in(self, owner: OwnerId) -> dict[str, str]:
        """Headers of a request by this user, good for an hour. Raises ValueError where no JWT that we can sign is accepted."""
        accepted = self.container.settings().sessions.jwt
        if accepted is None or not isinstance(accepted.key, Hs256Key):
            raise ValueError("these settings have no HS256 secret in AUTH_JWT_KEY")
        claims = {accepted.user_claims[0]: owner, "exp": int((self.clock.now() + timedelta(hours=1)).timestamp())}
        token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(accepted.key.secret.reveal()))
        return {"Authorization": f"Bearer {token}"}


def memory_settings(**changes: str | None) -> Settings:
    """Settings as a deployment has them, with secrets made anew; `changes` are environment variables (None: unset)."""
    variables: dict[str, str | None] = {
        "TIKTOK_APP_ID": "app-in-memory",
        "TIKTOK_APP_SECRET": secrets.token_urlsafe(),
        "TIKTOK_REDIRECT_URI": "https://dashboard.test/api/auth/tiktok/callback",
        "DASHBOARD_URL": "https://dashboard.test",
        "TOKEN_ENCRYPTION_KEYS": f"memory:{secrets.token_hex(32)}",
        "AUTH_JWT_KEY": secrets.token_urlsafe(),
        "CRON_SECRET": secrets.token_urlsafe(),
        "SERVICE_TOKENS": f"importer:{secrets.token_urlsafe()}",
    }
    return load_settings({name: value for name, value in (variables | changes).items() if value is not None})


@overload
def application_over_memory(
    settings: Settings | None = None,
    *,
    platform: None = None,
    clock: MemoryClock | None = None,
    database: MemoryDatabase | None = None,
    journal: MemoryJournal | None = None,
    **adapters: object,
) -> ApplicationOverMemory[MemoryAdPlatform]: ...


@overload
def application_over_memory(
    settings: Settings | None = None,
    *,
    platform: Platform,
    clock: MemoryClock | None = None,
    database: MemoryDatabase | None = None,
    journal: MemoryJournal | None = None,
    **adapters: object,
) -> ApplicationOverMemory[Platform]: ...


def application_over_memory(
    settings: Settings | None = None,
    *,
    platform: AdPlatform | None = None,
    clock: MemoryClock | None = None,
    database: MemoryDatabase | None = None,
    journal: MemoryJournal | None = None,
    **adapters: object,
) -> ApplicationOverMemory[Any]:
    """The product with nothing that leaves the process: no file, no connection, no thread until `app` is served.

    `settings` are `memory_settings()` unless given. `platform` takes the place of the one in memory, and any other adapter
    may be given by its name in the container (`store=MyStore()`). Two that share platform, clock and database are two processes.
    """
    settings, clock = settings or memory_settings(), clock or MemoryClock()
    database, journal = database or MemoryDatabase(), journal or MemoryJournal()
    container = build(settings)
    platform = platform or MemoryAdPlatform(settings.tiktok.app_id, SHOPS, clock)

    feed = MemoryOutboxFeed(database)

    def override(given: Mapping[str, object]) -> None:
        for name, adapter in given.items():
            getattr(container, name).override(adapter)

    override({"clock": clock, "platform": platform} | adapters)
    in_memory: dict[str, object] = {
        "database": database,
        "store": MemoryStore(database),
        "stored_claims": MemoryClaims(database, clock=clock, ids=container.ids(), host=container.host()),
        "journal": journal,
        "sealing_record": MemorySealingRecord(database),
        "key_reports": MemoryKeyReports(database, clock=clock),
        "sealed_rows": MemorySealedRows(database),
        "audit_history": MemoryAuditHistory(database),
        "outbox_feed": feed,
        "webhook_queue": MemoryWebhookQueue(database, clock),
        "webhook_receiver": NullWebhookReceiver(),
        "journals": MemoryJournalRegister(database, clock=clock),
        "tallies": MemoryOwnerTallies(database),
        "orders": NullOrders(),
        "fleet": MemoryFleet(database),
        "heartbeats": MemoryHeartbeats(clock=clock),
        "metric_store": MemoryMetricStore(database, clock=clock),
        "backlogs": MemoryBacklogs(database, feed),
        "shared_budget": ProcessBudget(settings.tiktok.qps, clock),
        "token_buckets": MemoryTokenBuckets(clock),
        "identity_record": MemoryIdentityRecord(database, clock=clock),
        "pause_record": MemoryPauseRecord(database, clock),
        "identity_notes": (MemoryIdentityNotes(),),
        "removals": MemoryRemovals(),
        "connection_mirror": NullConnectionMirror(),
        "spend_sink": NullSpendSink(),
        "spend_deliveries": MemorySpendDeliveries(database),
        "old_connections": MemoryOldConnections(),
        "spend_store": MemorySpendStore(database, clock),
        "reports": MemorySpendReports(),
        "broker": MemoryBroker(),
        "executor": SerialExecutor(),
        "import_executor": SerialExecutor(),
        "webhook_executor": SerialExecutor(),
    }
    override({name: adapter for name, adapter in in_memory.items() if name not in adapters})
    now = clock.monotonic()
    container.claims().contact = Contact(since=now - HOLD_BACK, last=now)  # it has been running for a while
    return ApplicationOverMemory(container, platform, clock, database, journal)
