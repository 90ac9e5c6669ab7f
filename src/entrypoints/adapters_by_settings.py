"""What the settings choose: which adapter stands behind a port, and with which addresses, keys and numbers."""

from __future__ import annotations

import os
import secrets
import socket
from typing import TYPE_CHECKING

from adapters.celery.broker_choice import CeleryBroker
from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.identity_notes_file import FileIdentityNotes
from adapters.jwks.key_set import KeySetDownload
from adapters.memory.made_up_orders import MadeUpOrders
from adapters.null.connection_mirror import NullConnectionMirror
from adapters.null.orders import NullOrders
from adapters.null.spend_sink import NullSpendSink
from adapters.null.webhook_receiver import NullWebhookReceiver
from adapters.sql.budget_ledger import SqlLedger
from adapters.sql.database import Database, open_database
from adapters.sql.token_buckets import SqlTokenBuckets
from adapters.tiktok.ad_platform import TikTok
from application.mirror_changes import CONSUMER as MIRROR_CONSUMER
from application.ports.budget import Ledger
from application.ports.clock import Clock
from application.ports.connection_mirror import ConnectionMirror
from application.ports.database_identity import IdentityNotes
from application.ports.metrics import Metrics
from application.ports.old_connections import OldConnections
from application.ports.orders import Orders
from application.ports.rate_limits import TokenBuckets
from application.ports.spend_sink import SpendSink
from application.ports.spend_store import SpendStore
from application.ports.webhook_receiver import WebhookReceiver
from application.webhooks.facts_as_messages import CONSUMER as WEBHOOK_CONSUMER
from domain.rotation_policy import RotationPolicy
from domain.spend_plan import SpendPolicy
from domain.tokens import Secret
from entrypoints.deferred_imports import imported
from entrypoints.settings import JwksUrl, Settings, SpendSettings

if TYPE_CHECKING:
    from adapters.budget.redis_ledger import RedisLedger


def host_name() -> str:
    """How this process is known in claims, heartbeats and the budget: its machine, its id there, and a word of its own.

    Containers may share the name of a machine, and each has a process 1. The word is made anew at each call.
    """
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def key_ring(settings: Settings) -> KeyRing:
    """The configured keys, newest first."""
    return KeyRing.of((key.id, bytes.fromhex(key.material.reveal())) for key in settings.encryption_keys)


def policy_of(settings: Settings) -> RotationPolicy:
    """The rotation's numbers under these settings."""
    return RotationPolicy(sweep_every=settings.sweep_interval)


def spend_policy_of(spend: SpendSettings) -> SpendPolicy:
    """How far back spend is read under these settings, and how often."""
    return SpendPolicy(spend.backfill_days, spend.lookback_days, spend.recent_every)


def tiktok(settings: Settings, policy: RotationPolicy, clock: Clock, metrics: Metrics) -> TikTok:
    """The client of the configured developer app."""
    app = settings.tiktok
    return TikTok(
        app=app.app_id,
        secret=app.app_secret,
        redirect_uri=app.redirect_uri,
        auth_url=app.auth_url,
        api_url=app.api_url,
        auth_api_url=app.auth_api_url,
        term=app.token_term,
        clock=clock,
        timeout=policy.call_timeout,
        metrics=metrics,
    )


def database_of(settings: Settings) -> Database:
    """The configured database, with room for every thread that a process has calls or requests in."""
    return open_database(settings.storage.database_url.reveal(), connections=settings.storage.pool_size)


def broker_of(settings: Settings) -> CeleryBroker:
    """The configured broker of Celery's messages, or the embedded one."""
    return CeleryBroker(settings.storage.broker_url, settings.storage.data_dir / "broker")


def ledger_of(settings: Settings, database: Database) -> Ledger:
    """Where all processes keep the app's budget: Redis where there is one, else the database."""
    redis_url = settings.storage.redis_url
    return redis_ledger(redis_url) if redis_url else SqlLedger(database)


def redis_ledger(url: Secret) -> RedisLedger:
    """The budget's ledger in this Redis, whose client is imported by those alone who have one."""
    ledger: RedisLedger = imported("adapters.budget.redis_ledger:RedisLedger")(url)
    return ledger


def token_buckets_of(settings: Settings, database: Database, clock: Clock) -> TokenBuckets:
    """Where all processes keep the limits of users, services and addresses: beside the budget."""
    redis_url = settings.storage.redis_url
    if redis_url is None:
        return SqlTokenBuckets(database, clock)
    buckets: TokenBuckets = imported("adapters.rate_limits.redis_token_buckets:RedisTokenBuckets")(redis_url)
    return buckets


def identity_notes_of(settings: Settings) -> tuple[IdentityNotes, ...]:
    """Where the database's time is noted outside of it: on this host and, where there is one, in Redis for all hosts."""
    storage = settings.storage
    shared = (imported("adapters.identity_notes_redis:RedisIdentityNotes")(storage.redis_url),) if storage.redis_url else ()
    return (FileIdentityNotes(storage.journal_dir), *shared)


def secret_mark(settings: Settings, sealer: AesGcmSealer) -> str:
    """By what processes with the same app secret know one another; it says nothing of the secret."""
    sealer.sync()
    return sealer.fingerprint(settings.tiktok.app_secret)


def mirror_of(settings: Settings) -> ConnectionMirror:
    """Where the dashboard shows connections: in its own database, or nowhere."""
    url = settings.wab.database_url
    if url is None:
        return NullConnectionMirror()
    mirror: ConnectionMirror = imported("adapters.wab.connection_mirror:WabConnectionMirror")(url.reveal())
    return mirror


def sink_of(settings: Settings) -> SpendSink:
    """Where the dashboard shows spend: in its own database, or nowhere."""
    url = settings.wab.database_url
    if url is None:
        return NullSpendSink()
    sink: SpendSink = imported("adapters.wab.spend_sink:WabSpendSink")(url.reveal())
    return sink


def old_connections_of(settings: Settings) -> OldConnections:
    """The dashboard's own connections from before; for the command that takes them over, which refuses to run without a URL."""
    url = settings.wab.database_url or Secret("postgresql:///")
    old: OldConnections = imported("adapters.wab.old_connections:WabOldConnections")(url.reveal())
    return old


def orders_of(settings: Settings, spend: SpendStore) -> Orders:
    """Where the shops' orders are read: in the dashboard's own database, or nowhere; the demo makes some up."""
    if settings.demo is not None:
        return MadeUpOrders(spend)
    url = settings.wab.database_url
    if url is None:
        return NullOrders()
    orders: Orders = imported("adapters.wab.orders:WabOrders")(url.reveal())
    return orders


def key_set_of(settings: Settings, clock: Clock) -> KeySetDownload | None:
    """The key set of whoever issues bearer tokens; None where tokens are verified by a key of the settings, or not at all."""
    accepted = settings.sessions.jwt
    return KeySetDownload(accepted.key.url, clock) if accepted and isinstance(accepted.key, JwksUrl) else None


def webhook_receiver_of(settings: Settings, clock: Clock) -> WebhookReceiver:
    """Whoever is told of events, or nobody."""
    chosen = settings.webhooks
    if chosen.url is None:
        return NullWebhookReceiver()
    make = imported("adapters.webhooks.webhook_receiver:HttpWebhookReceiver")
    receiver: WebhookReceiver = make(chosen.url, chosen.secrets, clock, allow_private=chosen.allow_private)
    return receiver


def consumers_of(mirror: ConnectionMirror, webhook_receiver: WebhookReceiver) -> frozenset[str]:
    """Who reads the outbox here: facts are kept until all of them have."""
    readers = ((MIRROR_CONSUMER, mirror.configured), (WEBHOOK_CONSUMER, webhook_receiver.configured))
    return frozenset(name for name, reads in readers if reads)
