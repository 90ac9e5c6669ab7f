from __future__ import annotations

from datetime import timedelta

from adapters.memory.outbox_reading import MemoryOutboxFeed
from application.ports.removals import Disconnected
from application.ports.spend_store import SpendAccount
from application.prune_history import PruneHistory
from domain.ids import ConnectionId
from support.builders import account
from support.world import ANNA, World

WEEK, YEAR = timedelta(days=7), timedelta(days=400)


def pruning(world: World, *consumers: str, retention: timedelta = WEEK) -> tuple[PruneHistory, MemoryOutboxFeed]:
    feed = MemoryOutboxFeed(world.database)
    store = world.store
    assert store is not None
    spend_store = world.container.spend_store()
    queue, receiver = world.container.webhook_queue(), world.container.webhook_receiver()
    return PruneHistory(
        feed,
        store,
        world.journals,
        world.clock,
        frozenset(consumers),
        retention,
        world.removals,
        spend_store,
        queue,
        receiver,
        world.container.audit_history(),
        YEAR,
    ), feed


def test_facts_that_nobody_reads_leave_a_week_after_they_were_told() -> None:
    world = World()
    prune, _ = pruning(world)
    world.connect("ana")
    facts = len(world.database.rows.events)
    world.pass_time(days=6)
    assert prune().facts == 0
    world.pass_time(days=2)
    assert prune().facts >= facts


def test_facts_that_somebody_reads_leave_a_week_after_that() -> None:
    world = World()
    prune, feed = pruning(world, "mirror")
    world.connect("chloe")
    world.pass_time(days=30)
    assert prune().facts == 0
    facts = feed.read("mirror", limit=1000)
    feed.passed("mirror", facts[-1].position)
    assert prune().facts == 0
    world.pass_time(days=6)
    assert prune().facts == 0
    world.pass_time(days=2)
    assert prune().facts == len(facts)


def test_an_erased_grant_keeps_its_accounts_for_a_month_and_then_only_that_it_is_erased() -> None:
    world = World()
    prune, _ = pruning(world)
    [acme] = world.connect("chloe")
    grant = world.grant_of(acme).id
    world.disconnect(ANNA, acme.id)
    world.pass_time(days=29)
    prune()
    assert world.database.rows.grants[grant].reach
    world.pass_time(days=2)
    assert prune().erased_grants == 1
    assert not world.database.rows.grants[grant].reach
    assert world.database.rows.grants[grant].erased


def test_it_stops_between_batches() -> None:
    world = World()
    prune, _ = pruning(world)
    world.connect("ana")
    world.pass_time(days=30)
    assert prune(stopping=lambda: True).facts == 0
    assert prune().facts > 0


def test_removals_that_are_older_than_any_backup_are_forgotten() -> None:
    world = World()
    database = world.identity_record.read().id
    world.removals.note(database, Disconnected(ConnectionId("long ago"), world.clock.now() - timedelta(days=401)))
    world.removals.note(database, Disconnected(ConnectionId("lately"), world.clock.now() - timedelta(days=399)))
    prune, _ = pruning(world)
    assert prune().removals == 1
    assert [removal.connection for removal in world.removals.noted(database)] == ["lately"]  # type: ignore[union-attr]  # both are


def test_spend_is_kept_for_a_month_after_a_disconnect() -> None:
    world = World()
    prune, _ = pruning(world)
    spend_store, of = world.container.spend_store(), SpendAccount(ANNA, account(1))
    spend_store.follow([of])
    spend_store.leave(of)
    world.pass_time(days=30)
    assert prune().spend == 0
    world.pass_time(days=1)
    assert prune().spend == 1
    assert spend_store.imports() == []
