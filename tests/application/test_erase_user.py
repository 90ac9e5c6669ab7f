"""Erasing a user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

import pytest

from adapters.memory.dashboard import DashboardRow
from application.connecting.one_use_state import digest
from application.ports.removals import UserErased
from application.ports.store_of_all_owners import StoreOfAllOwners, UnitOfWorkOfAllOwners
from domain.consent import Choosing, ConsentFailure, Failed
from domain.erasure import Erasure
from domain.errors import OfferExpired, UserWasErased
from domain.grant_health import Active, Revoked
from domain.ids import AdvertiserId, ConnectionId
from domain.mirrored_row import ERASED, WrittenRow
from support.builders import ANNA, BERT, HOUR, START
from support.mirrored_world import MirroredWorld
from support.world import BROWSER


def test_all_of_a_user_is_erased_and_nothing_of_others() -> None:
    world = MirroredWorld()
    erase = world.container.erase_user()
    connections = world.connect("ana", 0, 1)
    [other] = world.connect("chloe", owner=BERT)
    world.dashboard.users.add(BERT)
    offer = world.consent("ana")
    assert isinstance(offer, Choosing)
    state = world.state_of(ANNA)
    erased = erase(ANNA)
    assert (erased.connections, erased.grants) == (2, 1), "the newer grant took over from the first"
    assert world.listed() == []
    assert world.rows_of() == []
    assert world.grant_of(other).health == Active()
    with pytest.raises(UserWasErased):
        world.complete(ANNA, BROWSER, state=state, code=world.code("ana"))
    assert world.revoke() == 1
    assert [world.shown(c.id) for c in connections] == [None, None]
    [note] = world.removals.noted(world.identity_record.read().id)
    assert isinstance(note, UserErased)


def test_what_a_user_could_choose_from_is_erased() -> None:
    world = MirroredWorld()
    offer = world.consent("ana")
    assert isinstance(offer, Choosing)
    offered = world.select.offered(ANNA, offer.offer)
    assert world.container.erase_user()(ANNA).grants == 1
    with pytest.raises(OfferExpired):
        world.select(ANNA, offer.offer, [a.id for a in offered.selectable])
    assert world.revoke() == 1


def test_erasing_twice_is_as_good_as_once() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    first = world.container.erase_user()(ANNA)
    world.pass_time(days=29)
    second = world.container.erase_user()(ANNA)
    assert (first.grants, second.grants, second.receipt) == (1, 0, first.receipt)
    world.pass_time(days=31)
    assert world.container.erase_user()(ANNA).receipt != first.receipt, "what is erased then is another's"


def test_a_session_from_before_is_refused_for_thirty_days_and_then_the_id_is_a_new_users() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    refuse, erase = world.container.refuse_erased_user(), world.container.erase_user()
    refuse(ANNA)
    erase(ANNA)
    for days in (0, 29.9):
        world.pass_time(days=days)
        with pytest.raises(UserWasErased):
            refuse(ANNA)
        with pytest.raises(UserWasErased):
            world.state_of(ANNA)
        refuse(BERT)
    world.pass_time(days=0.2)
    refuse(ANNA)
    world.connect("chloe")


def test_a_callback_after_the_erasure_connects_nothing_and_sends_nothing() -> None:
    world = MirroredWorld()
    state = world.state_of(ANNA)
    world.container.erase_user()(ANNA)
    code = world.code("chloe")
    with pytest.raises(UserWasErased):
        world.complete(ANNA, BROWSER, state=state, code=code)
    assert world.machine.live_refresh_tokens() == 0


def test_of_the_user_id_nothing_is_kept_with_the_erasure() -> None:
    world = MirroredWorld()
    world.container.erase_user()(ANNA)
    [erasure] = world.database.rows.erasures.values()
    assert ANNA not in repr(erasure)


def test_old_erasures_are_dropped() -> None:
    world = MirroredWorld()
    world.container.erase_user()(ANNA)
    prune = world.container.prune_history()
    assert prune().erasures == 0
    world.pass_time(days=31)
    assert (prune().erasures, prune().erasures) == (1, 0)


def test_a_consent_that_is_being_completed_meanwhile_connects_nothing() -> None:
    world = MirroredWorld()
    state = world.state_of(ANNA)

    def erase() -> None:
        world.container.erase_user()(ANNA)

    world.platform.on_reach = erase
    assert world.complete(ANNA, BROWSER, state=state, code=world.code("chloe")) == Failed(ConsentFailure.INVALID_STATE)
    assert world.listed() == []
    assert world.revoke() == 1
    assert world.machine.live_refresh_tokens() == 0


def test_a_user_who_connected_while_the_dashboard_is_away_is_erased_there_later() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    world.dashboard.away = True
    world.container.erase_user()(ANNA)
    world.dashboard.away = False
    assert len(world.rows_of()) == 1
    world.look()
    assert world.rows_of() == []


def test_the_grant_of_an_erased_user_has_no_tokens() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    grant = world.grant_of(connection).id
    world.container.erase_user()(ANNA)
    assert (world.grant(grant).health, world.grant(grant).tokens) == (Revoked(), None)


def test_what_is_remembered_of_an_erased_users_rows_does_not_name_them() -> None:
    world = MirroredWorld()
    stale = ConnectionId("22222222-2222-7222-8222-222222222222")
    world.dashboard.put(DashboardRow(stale, ANNA, AdvertiserId("7999999999999999999"), "Stale", START, "needs_reauth"))
    with world.container.store().write() as work:
        work.mirror.remember(WrittenRow(stale, ANNA, stale=True))
        work.commit()
    [connection] = world.connect("chloe")
    [row, _] = sorted(world.rows_of(), key=lambda row: row.id != connection.id)
    world.look()
    world.container.erase_user()(ANNA)
    assert world.written(connection.id) == WrittenRow(connection.id, ERASED, 1)
    world.look()
    assert world.rows_of() == [], "a row that asked its person to connect again is gone too"
    world.dashboard.put(row)
    world.look()
    assert (world.rows_of(), world.note.frozen) == ([], None), "a row that a backup brings back is known by its id"


def test_a_row_of_an_erased_user_that_a_backup_brings_back_is_removed_by_its_user_alone() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    [row] = world.rows_of()
    world.look()
    world.container.erase_user()(ANNA)
    world.dashboard.put(row)
    remove = world.container.remove_left_over_row()
    assert not remove(BERT, connection.id)
    assert remove(ANNA, connection.id)
    assert world.rows_of() == []


def test_an_erasure_is_repeated_in_a_restored_backup_with_what_was_remembered_of_rows() -> None:
    world = MirroredWorld()
    [connection] = world.connect("chloe")
    world.clock.advance(HOUR)
    world.container.erase_user()(ANNA)
    with world.container.store().write() as work:  # as the backup has it
        work.mirror.forget(connection.id)
        work.mirror.remember(WrittenRow(connection.id, ANNA, 1))
        work.commit()
    world.adopt.restored()
    assert world.written(connection.id) == WrittenRow(connection.id, ERASED, 1)


class ErasesAfterReading:
    """A store in which somebody is erased as soon as anything was read."""

    def __init__(self, store: StoreOfAllOwners, erase: Callable[[], object]) -> None:
        self._store, self._erase = store, erase
        self.write = store.write

    @contextmanager
    def read(self) -> Iterator[UnitOfWorkOfAllOwners]:
        with self._store.read() as work:
            yield work
        self._erase()


def test_a_row_that_is_written_in_the_moment_of_an_erasure_is_not_remembered() -> None:
    world = MirroredWorld()
    world.dashboard.away = True
    [connection] = world.connect("chloe")
    world.dashboard.away = False
    settle, erase = world.container.settle_row(), world.container.erase_user()
    late = replace(settle, store=cast("StoreOfAllOwners", ErasesAfterReading(settle.store, lambda: erase(ANNA))))
    late(connection.id)
    assert world.written(connection.id) is None
    assert world.rows_of() == []


def test_in_a_restored_backup_an_erasure_is_made_once_more_with_all_that_belongs_to_it() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    forgotten = list[str]()
    identity = world.identity_record.read()
    world.removals.note(identity.id, UserErased(ANNA, world.clock.now()))
    repeat = replace(world.container.repeat_removals(), removals=world.removals, forget_spend=forgotten.append)
    repeat(identity)
    assert world.listed() == []
    assert forgotten == [ANNA]
    with pytest.raises(UserWasErased):
        world.container.refuse_erased_user()(ANNA)


def test_of_an_erased_user_a_pseudonym_is_kept_that_nobody_can_guess() -> None:
    world = MirroredWorld()
    world.connect("chloe")
    receipt = world.container.erase_user()(ANNA).receipt
    [kept] = world.database.rows.erasures.values()
    assert kept == Erasure(world.container.sealer().pseudonym(ANNA), receipt, world.clock.now())
    assert kept.owner_digest != digest(ANNA)


def test_an_erasure_that_an_earlier_version_noted_still_counts() -> None:
    world = MirroredWorld()
    earlier = Erasure(digest(ANNA), "receipt", world.clock.now())
    world.database.rows.erasures[earlier.owner_digest] = earlier
    with pytest.raises(UserWasErased):
        world.container.refuse_erased_user()(ANNA)
    world.container.refuse_erased_user()(BERT)
    assert world.container.erase_user()(ANNA).receipt == "receipt", "within the refusal it is the same"
    world.pass_time(days=31)
    world.container.refuse_erased_user()(ANNA)
