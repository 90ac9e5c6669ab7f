from __future__ import annotations

from dataclasses import replace as replace_pair
from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.tiktok_simulator.config import Config
from application.rotation.journal_upkeep import JournalUpkeep
from domain.advertiser import Connection
from domain.connection_state import ConnectionState
from domain.consent import Choosing
from domain.errors import AccountOutOfReach, ReauthorisationNeeded
from domain.events import AccountFound, AccountLost, AccountsAdded, AccountStandingChanged, RefreshTokenEnding
from domain.ids import AdvertiserId
from domain.outcomes import Unavailable
from domain.tokens import Expiring
from support.world import ANNA, START, World

DAY = timedelta(days=1)


def a_world(**settings: object) -> World:
    return World(config=Config().but(**settings))


def events(world: World, *kinds: type) -> list[object]:
    return [e for e in world.database.rows.events if isinstance(e, kinds)]


def test_the_end_of_the_refresh_tokens_year_is_announced_five_times_and_each_once() -> None:
    world = a_world(year_restarts=False)
    world.connect("chloe")
    for _ in range(2 * 13 * 31):
        world.sweep()
        world.audit()
        world.pass_time(hours=12)
    told = events(world, RefreshTokenEnding)
    assert [e.days for e in told if isinstance(e, RefreshTokenEnding)] == [60, 30, 14, 7, 1]
    assert world.list_connections(ANNA)[0].state is ConnectionState.NEEDS_REAUTH


def test_a_year_that_restarts_with_each_rotation_has_no_end_to_announce() -> None:
    world = a_world(year_restarts=True)
    world.connect("chloe")
    for _ in range(2 * 400):
        world.sweep()
        world.audit()
        world.pass_time(hours=12)
    assert events(world, RefreshTokenEnding) == []
    assert world.list_connections(ANNA)[0].state is ConnectionState.OK


def test_an_account_that_the_platform_took_away_is_noticed_within_a_week_and_served_no_more() -> None:
    world = a_world()
    first, second = world.connect("ana", 0, 1)
    accounts = world.machine.accounts("ana")
    world.machine.set_accounts("ana", accounts[1:])
    world.sweep_for(timedelta(days=6.5), every=DAY / 4)
    assert world.audit().reaches_read == 0
    world.pass_time(hours=12)
    world.sweep()
    assert world.audit().reaches_read == 1
    assert [v.state for v in world.list_connections(ANNA)] == [ConnectionState.ACCOUNT_LOST, ConnectionState.OK]
    with pytest.raises(AccountOutOfReach):
        world.vend_of(first)
    assert not world.vend_of(second).degraded
    world.machine.set_accounts("ana", accounts)
    world.sweep_for(timedelta(days=7), every=DAY / 4)
    world.audit()
    assert [type(e) for e in events(world, AccountLost, AccountFound)] == [AccountLost, AccountFound]
    assert world.vend_of(first).advertiser == first.advertiser.id


def test_a_suspended_account_is_noticed_and_still_served() -> None:
    world = a_world()
    [acme] = world.connect("chloe")
    [account] = world.machine.accounts("chloe")
    world.machine.set_accounts("chloe", [replace(account, status="STATUS_DISABLE")])
    world.sweep_for(timedelta(days=7), every=DAY / 4)
    world.audit()
    assert world.list_connections(ANNA)[0].state is ConnectionState.ACCOUNT_SUSPENDED
    assert len(events(world, AccountStandingChanged)) == 1
    assert not world.vend_of(acme).degraded


def test_accounts_that_appear_are_told_once() -> None:
    world = a_world(profile="long-term")
    first, second = world.machine.accounts("ana")[:2]
    offer = world.consent("ana", 0, 1)
    assert isinstance(offer, Choosing)
    world.select(ANNA, offer.offer, [AdvertiserId(first.advertiser_id)])
    told = list[list[object]]()
    for accounts in ([first], [first, second], [first, second]):
        world.machine.set_accounts("ana", accounts)
        world.pass_time(days=7)
        assert world.audit().reaches_read == 1
        told.append([e.advertisers for e in events(world, AccountsAdded) if isinstance(e, AccountsAdded)])
    assert told == [[], [(second.advertiser_id,)], [(second.advertiser_id,)]]


def test_an_audit_that_reaches_nobody_leaves_everything_as_it_is() -> None:
    world = a_world()
    world.connect("chloe")
    world.sweep_for(timedelta(days=7), every=DAY / 4)
    world.platform.away = Unavailable("x")
    assert world.audit().reaches_read == 0
    assert world.list_connections(ANNA)[0].state is ConnectionState.OK


def test_consents_are_forgotten_after_a_day() -> None:
    world = a_world()
    world.connect("chloe")
    assert world.audit().consents_forgotten == 0
    world.pass_time(days=1, minutes=11)
    assert world.audit().consents_forgotten == 1


def test_a_host_whose_journal_may_hold_an_answer_is_named_until_it_reports_an_empty_one() -> None:
    world = a_world(rotation_mode="grace")
    [acme] = world.connect("chloe")
    world.journals.drained("the journal", "here")
    world.claim(acme)
    world.pass_time(seconds=31)
    world.carry_out_now(acme)
    assert [u.host for u in world.audit().undrained] == ["here"]
    world.pass_time(seconds=1)
    world.journals.drained("the journal", "here")
    assert world.audit().undrained == ()


def test_a_process_reports_its_empty_journal_once_a_minute() -> None:
    world = a_world()
    keep = JournalUpkeep(world.careful_claims, world.journal, world.journals, world.clock, "here")
    reported = list[timedelta]()
    for _ in range(61):
        keep()
        reported += [r.at - START for r in world.database.rows.drained.values()]
        world.clock.advance(timedelta(seconds=2))
    assert sorted(set(reported)) == [timedelta(minutes=minutes) for minutes in (0, 1, 2)]


def test_offers_are_forgotten_after_thirty_days() -> None:
    world = a_world()
    world.connect("chloe")
    world.pass_time(days=30, minutes=9)
    assert world.audit().offers_forgotten == 0
    world.pass_time(minutes=2)
    assert world.audit().offers_forgotten == 1


def a_lost_connection(world: World) -> Connection:
    """Withdrawn at the platform, and known to be."""
    [acme] = world.connect("chloe")
    world.machine.revoke_user("chloe")
    world.sweep_for(DAY, every=DAY / 4)
    assert world.list_connections(ANNA)[0].state is ConnectionState.NEEDS_REAUTH
    return acme


def test_a_grant_that_nobody_authorised_again_gives_up_its_tokens_after_thirty_days() -> None:
    world = a_world()
    acme = a_lost_connection(world)
    world.pass_time(days=29)
    assert world.audit().grants_given_up == 0
    assert world.grant_of(acme).tokens is not None
    world.pass_time(days=2)
    assert world.audit().grants_given_up == 1
    assert world.audit().grants_given_up == 0
    assert (world.grant_of(acme).tokens, world.grant_of(acme).fingerprint) == (None, "")
    assert [v.state for v in world.list_connections(ANNA)] == [ConnectionState.NEEDS_REAUTH]


def test_nothing_is_tried_with_a_grant_that_gave_up_until_a_person_authorises_again() -> None:
    world = a_world()
    acme = a_lost_connection(world)
    world.pass_time(days=31)
    world.audit()
    with pytest.raises(ReauthorisationNeeded):
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now(), insist=True)
    with pytest.raises(ReauthorisationNeeded):
        world.vend_of(acme)
    world.consent("chloe", 0, owner=ANNA)
    assert not world.vend_of(acme).degraded


def test_a_grant_that_gave_up_is_disconnected_like_any_other() -> None:
    world = a_world()
    acme = a_lost_connection(world)
    world.pass_time(days=31)
    world.audit()
    assert world.disconnect(ANNA, acme.id)
    assert world.list_connections(ANNA) == ()
    assert world.database.rows.revocations == {}


def test_a_grant_that_an_earlier_version_let_sleep_for_years_is_renewed_after_the_next_audit() -> None:
    world = a_world()
    [acme] = world.connect("chloe")
    assert world.store is not None
    with world.store.write() as work:
        [grant] = work.grants.get([world.grant_of(acme).id])
        assert isinstance(grant.tokens, Expiring)
        grant.tokens = replace_pair(grant.tokens, access_expires_at=START + 57 * 365 * DAY)
        grant.schedule = replace_pair(grant.schedule, due_at=START + 20 * 365 * DAY)
        work.grants.save(grant)
        work.commit()
    world.pass_time(hours=12)
    assert world.sweep().swept == {}
    assert world.audit().grants_woken == 1
    world.sweep()
    assert world.grant_of(acme).generation == 2
    assert world.audit().grants_woken == 0
