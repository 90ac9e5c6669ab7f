"""The composition root: every adapter and every use-case, and who gets what. The container library is known here alone.

Doors ask the container for use-cases and for ports that only look. What commands do beyond that is in `operations`.
Tests override the adapters (`container.store.override(...)`) and so run the real use-cases.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from dependency_injector import containers, providers

from adapters.budget.shared_budget import SharedBudget
from adapters.clock import SystemClock
from adapters.crypto.dashboard_tokens import DashboardTokens
from adapters.crypto.sealer import AesGcmSealer
from adapters.ids_and_nonces import SystemIds, SystemNonces, chance
from adapters.journal_folder import FolderJournal
from adapters.rate_limits.shared_rate_limits import SharedRateLimits
from adapters.removals_file import FileRemovals
from adapters.sql.audit_history import SqlAuditHistory
from adapters.sql.backlogs import SqlBacklogs
from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database_identity import SqlIdentityRecord
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
from adapters.tiktok.spend_reports import TikTokSpendReports
from application.abandon_consent import AbandonConsent
from application.adopt_database import AdoptDatabase
from application.advance_sealing import AdvanceSealing
from application.audit_grants import AuditGrants
from application.audit_reach import AuditReach
from application.auditing.audit_batch import WRITTEN_EVERY, AuditBatch
from application.begin_connect import BeginConnect
from application.check_delivered_spend import CheckDeliveredSpend
from application.check_mirror import CheckMirror
from application.clear_offers import ClearOffers
from application.complete_connect import CompleteConnect
from application.connecting.erased_users import ErasedUsers
from application.connecting.exchange_code import ExchangeCode
from application.connecting.note_and_repeat_removals import NoteRemoval, RepeatRemovals
from application.connecting.place_old_consent import PlaceOldConsent
from application.database_hold.held_budget import HeldBudget
from application.database_hold.identity_watch import IdentityWatch
from application.database_hold.pause_watch import PauseWatch
from application.deliver_events import SENT_AT_ONCE, DeliverEvents
from application.deliver_spend import DeliverSpend
from application.disconnect import Disconnect
from application.erase_user import EraseUser
from application.find_owner import FindOwner
from application.forget_key import ForgetKey
from application.import_connections import AskReach, ImportConnections
from application.import_spend import IMPORTS_AT_ONCE, ImportSpend
from application.keep_mirror import KeepMirror
from application.list_connections import ListConnections
from application.list_keys import ListKeys
from application.list_spend_lines import ListSpendLines
from application.look_at_mirror import LookAtMirror
from application.metrics.metered_budget import MeteredBudget
from application.metrics.metered_rotations import MeteredRotations
from application.metrics.process_counts import FlushCounts, ProcessCounts
from application.metrics.report_process import ReportProcess
from application.mirror_changes import MirrorChanges
from application.mirroring.bounded_calls import BoundedCalls, DashboardContact
from application.mirroring.refuse_unknown_users import RefuseUnknownUsers
from application.mirroring.relist import Relist
from application.mirroring.settle_in_turns import SettleInTurns
from application.mirroring.settle_row import SettleRow
from application.mirroring.settle_soon import SettleSoon
from application.pause_calls import PauseCalls
from application.prune_history import PruneHistory
from application.rebuild_mirror import RebuildMirror
from application.refuse_erased_user import RefuseErasedUser
from application.remove_left_over_row import RemoveLeftOverRow
from application.replay_events import ReplayEvents
from application.report_keys import ReportKeys
from application.reseal_tokens import ResealTokens
from application.resume_calls import ResumeCalls
from application.revoke_tokens import RevokeTokens
from application.rotate_grant import RotateGrant
from application.rotation.drain_journal import DrainJournal
from application.rotation.journal_upkeep import JournalUpkeep
from application.rotation.keep_unread_answers import KeepUnread
from application.rotation.outage_aware_claims import OutageAwareClaims
from application.rotation.outage_log import OutageTellingBudget
from application.rotation.refusal_alarm import RefusalAlarm
from application.rotation.revoke_late_pair import RevokeLatePair
from application.rotation.single_call import SingleCall
from application.rotation.store_outcome import StoreOutcome
from application.rotation.sweep_in_batches import SweepInBatches
from application.select_accounts import SelectAccounts
from application.show_history import ShowHistory
from application.show_imports import ShowImports
from application.show_spend import ShowSpend
from application.spend.followed_accounts import FollowConnections
from application.sweep_due_grants import SweepDueGrants
from application.try_app_secret import TryAppSecret
from application.vend_token import VendToken
from application.webhooks.facts_as_messages import FactsAsMessages
from entrypoints import adapters_by_settings as chosen
from entrypoints.context_threads import ContextThreads
from entrypoints.mirror_thread import MirrorThread
from entrypoints.settings import Settings, public_origin
from entrypoints.upkeep_thread import UpkeepThread

T = TypeVar("T")

CALLS_IN_FLIGHT = 32
"""Calls that one process can have under way: measured to be the best for synchronous threads on two cores."""


def by_name(kind: Callable[..., T], known: Mapping[str, object], **others: object) -> providers.ThreadSafeSingleton[T]:
    """One object of this kind a process: each of its required parameters gets what is known here under its name, but for the
    `others`. Raises KeyError for a parameter of which nothing is known.
    """
    required = (p.name for p in inspect.signature(kind).parameters.values() if p.default is p.empty)
    return providers.ThreadSafeSingleton(kind, **{name: known[name] for name in required if name not in others}, **others)


class Container(containers.DeclarativeContainer):
    """Everything this product is made of. Nothing here opens a file or a connection until it is used."""

    settings = providers.Dependency(instance_of=Settings)

    # adapters
    clock = providers.ThreadSafeSingleton(SystemClock)
    ids = providers.ThreadSafeSingleton(SystemIds)
    nonces = providers.ThreadSafeSingleton(SystemNonces)
    host = providers.ThreadSafeSingleton(chosen.host_name)
    policy = providers.ThreadSafeSingleton(chosen.policy_of, settings)
    metrics = providers.ThreadSafeSingleton(ProcessCounts)
    platform = providers.ThreadSafeSingleton(chosen.tiktok, settings, policy, clock, metrics)
    database = providers.ThreadSafeSingleton(chosen.database_of, settings)
    sealing_record = providers.ThreadSafeSingleton(SqlSealingRecord, database)
    sealer = providers.ThreadSafeSingleton(AesGcmSealer, providers.Singleton(chosen.key_ring, settings), sealing_record, clock)
    keys = providers.Callable(lambda sealer: sealer.keys, sealer)
    key_reports = providers.ThreadSafeSingleton(SqlKeyReports, database)
    sealed_rows = providers.ThreadSafeSingleton(SqlSealedRows, database)
    shared_budget = providers.ThreadSafeSingleton(
        SharedBudget,
        providers.ThreadSafeSingleton(chosen.ledger_of, settings, database),
        clock,
        qps=settings.provided.tiktok.qps,
        process=host,
        secret=providers.ThreadSafeSingleton(chosen.secret_mark, settings, sealer),
        jitter=providers.Object(chance),
    )
    token_buckets = providers.ThreadSafeSingleton(chosen.token_buckets_of, settings, database, clock)
    rate_limits = providers.ThreadSafeSingleton(SharedRateLimits, token_buckets, clock)
    store = providers.ThreadSafeSingleton(SqlStore, database, keys=keys)
    stored_claims = providers.ThreadSafeSingleton(SqlClaims, database, host=host, ids=ids, keys=keys, process_clock=clock)
    journal = providers.ThreadSafeSingleton(FolderJournal, settings.provided.storage.journal_dir)
    tallies = providers.ThreadSafeSingleton(SqlOwnerTallies, database)
    journals = providers.ThreadSafeSingleton(SqlJournalRegister, database)
    audit_history = providers.ThreadSafeSingleton(SqlAuditHistory, database)
    outbox_feed = providers.ThreadSafeSingleton(SqlOutboxFeed, database)
    connection_mirror = providers.ThreadSafeSingleton(chosen.mirror_of, settings)
    spend_sink = providers.ThreadSafeSingleton(chosen.sink_of, settings)
    spend_deliveries = providers.ThreadSafeSingleton(SqlSpendDeliveries, database)
    webhook_receiver = providers.ThreadSafeSingleton(chosen.webhook_receiver_of, settings, clock)
    webhook_queue = providers.ThreadSafeSingleton(SqlWebhookQueue, database)
    outbox_consumers = providers.Callable(chosen.consumers_of, connection_mirror, webhook_receiver)
    old_connections = providers.ThreadSafeSingleton(chosen.old_connections_of, settings)
    old_tokens = providers.ThreadSafeSingleton(DashboardTokens, settings.provided.wab.token_keys)
    spend_store = providers.ThreadSafeSingleton(SqlSpendStore, database)
    reports = providers.ThreadSafeSingleton(
        TikTokSpendReports,
        api_url=settings.provided.tiktok.api_url,
        clock=clock,
        timeout=policy.provided.call_timeout,
        call_metrics=metrics,
    )
    key_set = providers.Callable(chosen.key_set_of, settings, clock)
    orders = providers.ThreadSafeSingleton(chosen.orders_of, settings, spend_store)
    fleet = providers.ThreadSafeSingleton(SqlFleet, database)
    heartbeats = providers.ThreadSafeSingleton(SqlHeartbeats, database)
    metric_store = providers.ThreadSafeSingleton(SqlMetricStore, database)
    backlogs = providers.ThreadSafeSingleton(SqlBacklogs, database)
    broker = providers.ThreadSafeSingleton(chosen.broker_of, settings)
    calls_in_flight = providers.Object(CALLS_IN_FLIGHT)
    executor = providers.ThreadSafeSingleton(ContextThreads, calls_in_flight, thread_name_prefix="rotation")
    import_executor = providers.ThreadSafeSingleton(ContextThreads, IMPORTS_AT_ONCE, thread_name_prefix="import")
    webhook_executor = providers.ThreadSafeSingleton(ContextThreads, SENT_AT_ONCE, thread_name_prefix="webhook")

    identity_record = providers.ThreadSafeSingleton(SqlIdentityRecord, database)
    pause_record = providers.ThreadSafeSingleton(SqlPauseRecord, database)
    identity_notes = providers.ThreadSafeSingleton(chosen.identity_notes_of, settings)
    removals = providers.ThreadSafeSingleton(FileRemovals, settings.provided.storage.journal_dir)

    # steps
    public_origin = providers.Callable(public_origin, settings.provided.tiktok.redirect_uri)
    erased_users = by_name(ErasedUsers, locals())
    audit_batch = by_name(AuditBatch, locals(), is_erased=erased_users.provided.counts, pseudonym_of=sealer.provided.pseudonym)
    audit_thread = providers.Factory(
        UpkeepThread,
        audit_batch.provided.write,
        every=providers.Object(WRITTEN_EVERY),
        at_end=providers.List(audit_batch.provided.write),
        tells=False,
    )
    note_removal = by_name(NoteRemoval, locals(), record=identity_record, here=public_origin)
    repeat_removals = by_name(RepeatRemovals, locals(), forget_spend=spend_store.provided.forget)
    identity_watch = by_name(
        IdentityWatch, locals(), record=identity_record, notes=identity_notes, on_adoption=repeat_removals, here=public_origin
    )
    paused_here = settings.provided.paused
    pause_watch = by_name(PauseWatch, locals())
    telling_budget = by_name(OutageTellingBudget, locals(), budget=shared_budget)
    held_budget = by_name(HeldBudget, locals(), budget=telling_budget, watch=identity_watch)
    budget = by_name(MeteredBudget, locals(), budget=held_budget)
    app = providers.Callable(lambda platform: platform.app, platform)
    revoke_late_pair = by_name(RevokeLatePair, locals())
    drain = by_name(DrainJournal, locals(), claims=stored_claims, elsewhere=identity_watch.provided.elsewhere)
    claims = by_name(OutageAwareClaims, locals(), claims=stored_claims)
    journal_upkeep = by_name(JournalUpkeep, locals(), register=journals)
    advance_sealing = by_name(AdvanceSealing, locals())
    report_keys = by_name(ReportKeys, locals(), advance=advance_sealing)
    flush_counts = by_name(FlushCounts, locals(), counts=metrics)
    report_process = providers.Factory(
        ReportProcess,
        metric_store=metric_store,
        claims=stored_claims,
        journal=journal,
        budget=budget,
        clock=clock,
        app=app,
        host=host,
        qps=settings.provided.tiktok.qps,
    )
    upkeep_thread = providers.Factory(
        UpkeepThread,
        journal_upkeep,
        identity_watch,
        pause_watch,
        report_keys,
        flush_counts,
        at_end=providers.List(report_keys.provided.withdraw, flush_counts.provided.now),
    )
    keep_unread = by_name(KeepUnread, locals())
    store_outcome = by_name(StoreOutcome, locals())
    carry_out = by_name(MeteredRotations, locals())
    single_call = by_name(SingleCall, locals())
    sweep_in_batches = by_name(SweepInBatches, locals())

    settle_row = by_name(SettleRow, locals(), mirror=connection_mirror, hold=identity_watch.provided.hold)
    settle_in_turns = by_name(SettleInTurns, locals(), settle=settle_row)
    look_soon = providers.ThreadSafeSingleton(threading.Event)
    dashboard_contact = providers.ThreadSafeSingleton(DashboardContact)
    bounded_calls = by_name(BoundedCalls, locals(), contact=dashboard_contact)
    settle_soon = by_name(SettleSoon, locals(), settle=settle_row, calls=bounded_calls)
    refuse_unknown_users = by_name(RefuseUnknownUsers, locals(), mirror=connection_mirror, calls=bounded_calls)
    relist = by_name(Relist, locals())

    # use-cases
    exchange_code = by_name(ExchangeCode, locals())
    begin_connect = by_name(BeginConnect, locals(), watch=identity_watch)
    complete_connect = by_name(CompleteConnect, locals(), watch=identity_watch)
    abandon_consent = by_name(AbandonConsent, locals())
    select_accounts = by_name(SelectAccounts, locals())
    rotate_grant = by_name(RotateGrant, locals())
    refusal_alarm = by_name(RefusalAlarm, locals())
    sweep_due_grants = by_name(SweepDueGrants, locals(), alarm=refusal_alarm)
    audit_reach = by_name(AuditReach, locals(), call_timeout=policy.provided.call_timeout)
    audit_grants = by_name(AuditGrants, locals(), watch=identity_watch)
    prune_history = by_name(
        PruneHistory,
        locals(),
        feed=outbox_feed,
        consumers=outbox_consumers,
        retention=settings.provided.storage.outbox_retention,
        audit_retention=settings.provided.storage.audit_retention,
    )
    unlists = connection_mirror.provided.configured
    vend_token = by_name(VendToken, locals())
    disconnect = by_name(Disconnect, locals())
    remove_left_over_row = by_name(RemoveLeftOverRow, locals(), mirror=connection_mirror, calls=bounded_calls)
    refuse_erased_user = by_name(RefuseErasedUser, locals())
    erase_user = by_name(EraseUser, locals(), forget_spend=spend_store.provided.forget)
    mirror_changes = by_name(MirrorChanges, locals(), feed=outbox_feed, settle_all=settle_in_turns)
    look_at_mirror = by_name(
        LookAtMirror,
        locals(),
        mirror=connection_mirror,
        settle_all=settle_in_turns,
        disconnect_missing=disconnect.provided.if_still_missing,
        erase_missing=erase_user.provided.if_still_missing,
        hold=identity_watch.provided.hold,
    )
    deliver_spend = by_name(DeliverSpend, locals(), hold=identity_watch.provided.hold)
    keep_mirror = by_name(
        KeepMirror,
        locals(),
        mirror=connection_mirror,
        retry=settle_soon.provided.retry,
        changes=mirror_changes,
        look=look_at_mirror,
        deliver=deliver_spend,
    )
    mirror_thread = providers.Factory(MirrorThread, keep_mirror, look_soon, configured=connection_mirror.provided.configured)
    check_delivered_spend = by_name(CheckDeliveredSpend, locals())
    check_mirror = by_name(CheckMirror, locals(), mirror=connection_mirror, hold=identity_watch.provided.hold)
    rebuild_mirror = by_name(
        RebuildMirror, locals(), mirror=connection_mirror, settle_all=settle_in_turns, hold=identity_watch.provided.hold
    )
    spend_policy = providers.ThreadSafeSingleton(chosen.spend_policy_of, settings.provided.spend)
    follow = by_name(FollowConnections, locals(), feed=outbox_feed)
    import_spend = by_name(
        ImportSpend, locals(), access_to=vend_token.provided.access_to, tells=webhook_receiver.provided.configured
    )
    clear_offers = by_name(ClearOffers, locals())
    revoke_tokens = by_name(RevokeTokens, locals())
    messages_of = by_name(FactsAsMessages, locals())
    deliver_events = by_name(
        DeliverEvents,
        locals(),
        receiver=webhook_receiver,
        queue=webhook_queue,
        feed=outbox_feed,
        executor=webhook_executor,
        hold=identity_watch.provided.hold,
    )
    replay_events = by_name(ReplayEvents, locals(), feed=outbox_feed, queue=webhook_queue)
    try_app_secret = by_name(TryAppSecret, locals(), watch=identity_watch)
    pause_calls = by_name(PauseCalls, locals())
    resume_calls = by_name(ResumeCalls, locals())
    adopt_database = by_name(AdoptDatabase, locals(), record=identity_record, here=public_origin)
    ask_reach = by_name(AskReach, locals())
    place_old_consent = by_name(PlaceOldConsent, locals())
    import_connections = by_name(ImportConnections, locals(), old=old_connections, place=place_old_consent, watch=identity_watch)
    list_keys = by_name(ListKeys, locals())
    reseal_tokens = by_name(ResealTokens, locals())
    forget_key = by_name(ForgetKey, locals())
    find_owner = by_name(FindOwner, locals())
    list_connections = by_name(ListConnections, locals())
    show_history = by_name(ShowHistory, locals())
    show_imports = by_name(
        ShowImports, locals(), importing=settings.provided.spend.importing, delivers=spend_sink.provided.configured
    )
    list_spend_lines = by_name(ListSpendLines, locals())
    show_spend = by_name(ShowSpend, locals(), spend=spend_store, policy=spend_policy)


def build(settings: Settings) -> Container:
    """The container of a process. Doors ask it for use-cases and for ports that only look, by name."""
    return Container(settings=providers.Object(settings))
