"""The composition root: every adapter and every use-case, and who gets what. The container library is known here alone.

Doors ask the container for use-cases and for ports that only look. What commands do beyond that is in `operations`.
Tests override the adapters (`container.store.override(...)`) and so run the real use-cases.
"""

from __future__ import annotations

import os
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.budget.shared_budget import SharedBudget
from adapters.celery.broker_address import CeleryBroker
from adapters.clock import SystemClock
from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.identity_notes_file import FileIdentityNotes
from adapters.ids_and_nonces import SystemIds, SystemNonces, chance
from adapters.journal_folder import FolderJournal
from adapters.null.connection_mirror import NullConnectionMirror
from adapters.removals_file import FileRemovals
from adapters.sql.budget_ledger import SqlLedger
from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import Database, open_database
from adapters.sql.database_identity import SqlIdentityRecord
from adapters.sql.fleet import SqlFleet
from adapters.sql.heartbeats import SqlHeartbeats
from adapters.sql.journal_register import SqlJournalRegister
from adapters.sql.outbox_feed import SqlOutboxFeed
from adapters.sql.owner_tallies import SqlOwnerTallies
from adapters.sql.store import SqlStore
from adapters.tiktok.ad_platform import TikTok
from application.adopt_database import AdoptDatabase
from application.audit_grants import AuditGrants
from application.audit_reach import AuditReach
from application.begin_connect import BeginConnect
from application.check_mirror import CheckMirror
from application.clear_offers import ClearOffers
from application.complete_connect import CompleteConnect
from application.connecting.removals import NoteRemoval, RepeatRemovals
from application.database_hold.held_budget import HeldBudget
from application.database_hold.watch import IdentityWatch
from application.disconnect import Disconnect
from application.erase_user import EraseUser
from application.keep_mirror import KeepMirror
from application.list_connections import ListConnections
from application.look_at_mirror import LookAtMirror
from application.mirror_changes import CONSUMER as MIRROR_CONSUMER
from application.mirror_changes import MirrorChanges
from application.mirroring.bounded_calls import BoundedCalls, DashboardContact
from application.mirroring.known_users import RefuseUnknownUsers
from application.mirroring.relist import Relist
from application.mirroring.settle_in_turns import SettleInTurns
from application.mirroring.settle_row import SettleRow
from application.mirroring.settle_soon import SettleSoon
from application.ports.budget import Ledger
from application.ports.clock import Clock
from application.ports.connection_mirror import ConnectionMirror
from application.ports.database_identity import IdentityNotes
from application.prune_history import PruneHistory
from application.rebuild_mirror import RebuildMirror
from application.remove_left_over_row import RemoveLeftOverRow
from application.revoke_tokens import RevokeTokens
from application.rotate_grant import RotateGrant
from application.rotation.batches import Batches
from application.rotation.call_and_settle import CallAndSettle
from application.rotation.drain_journal import DrainJournal
from application.rotation.journal_upkeep import JournalUpkeep
from application.rotation.late_pairs import RevokeLatePair
from application.rotation.outage_aware_claims import OutageAwareClaims
from application.rotation.outage_log import OutageTellingBudget
from application.rotation.refusal_alarm import RefusalAlarm
from application.rotation.single_call import SingleCall
from application.rotation.store_outcome import StoreOutcome
from application.rotation.unread_answers import KeepUnread
from application.select_accounts import SelectAccounts
from application.sweep_due_grants import SweepDueGrants
from application.try_app_secret import TryAppSecret
from application.vend_token import VendToken
from domain.rotation import RotationPolicy
from domain.tokens import Secret
from entrypoints.deferred_imports import imported
from entrypoints.mirror_thread import MirrorThread
from entrypoints.settings import Settings, public_origin
from entrypoints.upkeep_thread import UpkeepThread

if TYPE_CHECKING:
    from adapters.budget.redis_ledger import RedisLedger

CALLS_IN_FLIGHT = 32
"""Calls that one process can have under way: measured to be the best for synchronous threads on two cores."""


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


def tiktok(settings: Settings, policy: RotationPolicy, clock: Clock) -> TikTok:
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


def identity_notes_of(settings: Settings) -> tuple[IdentityNotes, ...]:
    """Where the database's time is noted outside of it: on this host and, where there is one, in Redis for all hosts."""
    storage = settings.storage
    shared = (imported("adapters.identity_notes_redis:RedisIdentityNotes")(storage.redis_url),) if storage.redis_url else ()
    return (FileIdentityNotes(storage.journal_dir), *shared)


def secret_mark(settings: Settings, sealer: AesGcmSealer) -> str:
    """By what processes with the same app secret know one another; it says nothing of the secret."""
    return sealer.fingerprint(settings.tiktok.app_secret)


def mirror_of(settings: Settings) -> ConnectionMirror:
    """Where the dashboard shows connections: in its own database, or nowhere."""
    url = settings.wab.database_url
    if url is None:
        return NullConnectionMirror()
    mirror: ConnectionMirror = imported("adapters.wab.connection_mirror:WabConnectionMirror")(url.reveal())
    return mirror


def consumers_of(mirror: ConnectionMirror) -> frozenset[str]:
    """Who reads the outbox here: facts are kept until all of them have."""
    return frozenset({MIRROR_CONSUMER}) if mirror.configured else frozenset()


class Container(containers.DeclarativeContainer):
    """Everything this product is made of. Nothing here opens a file or a connection until it is used."""

    settings = providers.Dependency(instance_of=Settings)

    # adapters
    clock = providers.ThreadSafeSingleton(SystemClock)
    ids = providers.ThreadSafeSingleton(SystemIds)
    nonces = providers.ThreadSafeSingleton(SystemNonces)
    host = providers.ThreadSafeSingleton(host_name)
    policy = providers.ThreadSafeSingleton(policy_of, settings)
    sealer = providers.ThreadSafeSingleton(AesGcmSealer, providers.Singleton(key_ring, settings))
    keys = providers.Callable(lambda sealer: sealer.keys, sealer)
    platform = providers.ThreadSafeSingleton(tiktok, settings, policy, clock)
    database = providers.ThreadSafeSingleton(database_of, settings)
    shared_budget = providers.ThreadSafeSingleton(
        SharedBudget,
        providers.ThreadSafeSingleton(ledger_of, settings, database),
        clock,
        qps=settings.provided.tiktok.qps,
        process=host,
        secret=providers.ThreadSafeSingleton(secret_mark, settings, sealer),
        jitter=providers.Object(chance),
    )
    store = providers.ThreadSafeSingleton(SqlStore, database, keys=keys)
    stored_claims = providers.ThreadSafeSingleton(SqlClaims, database, host=host, ids=ids, keys=keys, process_clock=clock)
    journal = providers.ThreadSafeSingleton(FolderJournal, settings.provided.storage.journal_dir)
    tallies = providers.ThreadSafeSingleton(SqlOwnerTallies, database)
    journals = providers.ThreadSafeSingleton(SqlJournalRegister, database)
    outbox_feed = providers.ThreadSafeSingleton(SqlOutboxFeed, database)
    connection_mirror = providers.ThreadSafeSingleton(mirror_of, settings)
    outbox_consumers = providers.Callable(consumers_of, connection_mirror)
    fleet = providers.ThreadSafeSingleton(SqlFleet, database)
    heartbeats = providers.ThreadSafeSingleton(SqlHeartbeats, database)
    broker = providers.ThreadSafeSingleton(broker_of, settings)
    calls_in_flight = providers.Object(CALLS_IN_FLIGHT)
    executor = providers.ThreadSafeSingleton(ThreadPoolExecutor, calls_in_flight, thread_name_prefix="rotation")

    identity_record = providers.ThreadSafeSingleton(SqlIdentityRecord, database)
    identity_notes = providers.ThreadSafeSingleton(identity_notes_of, settings)
    removals = providers.ThreadSafeSingleton(FileRemovals, settings.provided.storage.journal_dir)

    # steps
    public_origin = providers.Callable(public_origin, settings.provided.tiktok.redirect_uri)
    note_removal = providers.ThreadSafeSingleton(NoteRemoval, record=identity_record, removals=removals, here=public_origin)
    repeat_removals = providers.ThreadSafeSingleton(RepeatRemovals, removals=removals, store=store, clock=clock, ids=ids)
    identity_watch = providers.ThreadSafeSingleton(
        IdentityWatch,
        record=identity_record,
        notes=identity_notes,
        on_adoption=repeat_removals,
        clock=clock,
        here=public_origin,
    )
    telling_budget = providers.ThreadSafeSingleton(OutageTellingBudget, shared_budget, clock)
    budget = providers.ThreadSafeSingleton(HeldBudget, telling_budget, identity_watch)
    app = providers.Callable(lambda platform: platform.app, platform)
    revoke_late_pair = providers.ThreadSafeSingleton(RevokeLatePair, store, clock, ids)
    drain = providers.ThreadSafeSingleton(
        DrainJournal,
        journal=journal,
        claims=stored_claims,
        store=store,
        revoke_late_pair=revoke_late_pair,
        clock=clock,
        policy=policy,
        elsewhere=identity_watch.provided.elsewhere,
    )
    claims = providers.ThreadSafeSingleton(OutageAwareClaims, stored_claims, drain, clock)
    journal_upkeep = providers.ThreadSafeSingleton(
        JournalUpkeep, claims=claims, journal=journal, register=journals, clock=clock, host=host
    )
    upkeep_thread = providers.Factory(UpkeepThread, journal_upkeep, identity_watch)
    keep_unread = providers.ThreadSafeSingleton(KeepUnread, journal, sealer, clock)
    store_outcome = providers.ThreadSafeSingleton(StoreOutcome, claims, journal, revoke_late_pair, clock)
    carry_out = providers.ThreadSafeSingleton(
        CallAndSettle,
        claims=claims,
        platform=platform,
        sealer=sealer,
        budget=budget,
        tallies=tallies,
        store_outcome=store_outcome,
        clock=clock,
        policy=policy,
        keep_unread=keep_unread,
    )
    single_call = providers.ThreadSafeSingleton(
        SingleCall, claims=claims, budget=budget, carry_out=carry_out, clock=clock, policy=policy
    )
    batches = providers.ThreadSafeSingleton(
        Batches,
        claims=claims,
        budget=budget,
        carry_out=carry_out,
        executor=executor,
        clock=clock,
        policy=policy,
        app=app,
        calls_in_flight=calls_in_flight,
    )

    settle_row = providers.ThreadSafeSingleton(
        SettleRow, mirror=connection_mirror, store=store, clock=clock, hold=identity_watch.provided.hold
    )
    settle_in_turns = providers.ThreadSafeSingleton(SettleInTurns, settle_row, clock)
    dashboard_contact = providers.ThreadSafeSingleton(DashboardContact)
    bounded_calls = providers.ThreadSafeSingleton(BoundedCalls, dashboard_contact)
    settle_soon = providers.ThreadSafeSingleton(SettleSoon, settle_row, bounded_calls)
    refuse_unknown_users = providers.ThreadSafeSingleton(
        RefuseUnknownUsers, mirror=connection_mirror, store=store, calls=bounded_calls
    )
    relist = providers.ThreadSafeSingleton(Relist, store)

    # use-cases
    begin_connect = providers.ThreadSafeSingleton(
        BeginConnect,
        store=store,
        platform=platform,
        nonces=nonces,
        clock=clock,
        watch=identity_watch,
        refuse_unknown_users=refuse_unknown_users,
    )
    complete_connect = providers.ThreadSafeSingleton(
        CompleteConnect,
        store=store,
        platform=platform,
        sealer=sealer,
        budget=budget,
        clock=clock,
        ids=ids,
        policy=policy,
        watch=identity_watch,
        keep_unread=keep_unread,
        refuse_unknown_users=refuse_unknown_users,
        settle_soon=settle_soon,
    )
    select_accounts = providers.ThreadSafeSingleton(SelectAccounts, store=store, clock=clock, ids=ids, settle_soon=settle_soon)
    rotate_grant = providers.ThreadSafeSingleton(
        RotateGrant, store=store, single_call=single_call, clock=clock, settle_soon=settle_soon
    )
    refusal_alarm = providers.ThreadSafeSingleton(RefusalAlarm, tallies=tallies, heartbeats=heartbeats, clock=clock, app=app)
    sweep_due_grants = providers.ThreadSafeSingleton(SweepDueGrants, batches=batches, clock=clock, alarm=refusal_alarm)
    audit_reach = providers.ThreadSafeSingleton(
        AuditReach,
        store=store,
        platform=platform,
        sealer=sealer,
        budget=budget,
        clock=clock,
        call_timeout=policy.provided.call_timeout,
    )
    audit_grants = providers.ThreadSafeSingleton(
        AuditGrants,
        batches=batches,
        audit_reach=audit_reach,
        store=store,
        fleet=fleet,
        journals=journals,
        clock=clock,
        policy=policy,
        watch=identity_watch,
    )
    prune_history = providers.ThreadSafeSingleton(
        PruneHistory,
        feed=outbox_feed,
        store=store,
        journals=journals,
        clock=clock,
        consumers=outbox_consumers,
        retention=settings.provided.storage.outbox_retention,
        removals=removals,
    )
    unlists = connection_mirror.provided.configured
    vend_token = providers.ThreadSafeSingleton(
        VendToken, store=store, single_call=single_call, sealer=sealer, clock=clock, unlists=unlists
    )
    disconnect = providers.ThreadSafeSingleton(
        Disconnect, store=store, clock=clock, ids=ids, note_removal=note_removal, settle_soon=settle_soon
    )
    remove_left_over_row = providers.ThreadSafeSingleton(
        RemoveLeftOverRow, mirror=connection_mirror, store=store, calls=bounded_calls, settle_soon=settle_soon
    )
    erase_user = providers.ThreadSafeSingleton(
        EraseUser, store=store, clock=clock, ids=ids, note_removal=note_removal, settle_soon=settle_soon
    )
    mirror_changes = providers.ThreadSafeSingleton(MirrorChanges, feed=outbox_feed, store=store, settle_all=settle_in_turns)
    look_at_mirror = providers.ThreadSafeSingleton(
        LookAtMirror,
        mirror=connection_mirror,
        store=store,
        clock=clock,
        settle_all=settle_in_turns,
        relist=relist,
        disconnect_missing=disconnect.provided.if_still_missing,
        erase_missing=erase_user.provided.if_still_missing,
        hold=identity_watch.provided.hold,
    )
    keep_mirror = providers.ThreadSafeSingleton(
        KeepMirror,
        mirror=connection_mirror,
        heartbeats=heartbeats,
        retry=settle_soon.provided.retry,
        changes=mirror_changes,
        look=look_at_mirror,
    )
    mirror_thread = providers.Factory(MirrorThread, keep_mirror)
    check_mirror = providers.ThreadSafeSingleton(CheckMirror, mirror=connection_mirror, store=store, clock=clock)
    rebuild_mirror = providers.ThreadSafeSingleton(
        RebuildMirror,
        mirror=connection_mirror,
        store=store,
        clock=clock,
        settle_all=settle_in_turns,
        disconnect=disconnect,
        relist=relist,
        hold=identity_watch.provided.hold,
    )
    clear_offers = providers.ThreadSafeSingleton(ClearOffers, store=store, clock=clock, ids=ids)
    revoke_tokens = providers.ThreadSafeSingleton(
        RevokeTokens, store=store, platform=platform, sealer=sealer, budget=budget, clock=clock, policy=policy
    )
    try_app_secret = providers.ThreadSafeSingleton(
        TryAppSecret, store=store, platform=platform, sealer=sealer, budget=budget, watch=identity_watch, clock=clock
    )
    adopt_database = providers.ThreadSafeSingleton(
        AdoptDatabase,
        record=identity_record,
        store=store,
        repeat_removals=repeat_removals,
        clock=clock,
        ids=ids,
        here=public_origin,
    )
    list_connections = providers.ThreadSafeSingleton(ListConnections, store=store, clock=clock, unlists=unlists)


def build(settings: Settings) -> Container:
    """The container of a process. Doors ask it for use-cases and for ports that only look, by name."""
    return Container(settings=providers.Object(settings))
