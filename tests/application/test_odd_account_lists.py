"""Lists of accounts that are short, empty, doubled or too long: nobody loses anything by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.budget.process_budget import ProcessBudget
from adapters.tiktok_simulator.advertisers import Advertiser as SimulatedAccount
from application.ports.budget import Lane, Permits
from domain.advertiser import Advertiser, Connection, Standing
from domain.connection_state import ConnectionState
from domain.consent import Choosing, Connected, ConsentFailure, Failed
from domain.events import AccountFound, AccountLost
from domain.ids import AdvertiserId, AppId, OwnerId
from domain.outcomes import Failure, Throttled, Unavailable
from support.world import ANNA, FreeBudget, SimulatedClock, World

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def with_accounts(world: World, count: int, user: str = "big") -> tuple[AdvertiserId, ...]:
    """A user of that many accounts; every hundredth is closed."""
    accounts = [
        SimulatedAccount(
            advertiser_id=str(7_000_000_000_000_100_000 + number),
            name=f"Client {number}",
            status="STATUS_DISABLE" if number % 100 == 99 else "STATUS_ENABLE",
        )
        for number in range(count)
    ]
    world.machine.set_accounts(user, accounts)
    return tuple(AdvertiserId(account.advertiser_id) for account in accounts)


def offered(world: World, user: str = "big") -> dict[AdvertiserId, Advertiser]:
    """What a consent of all accounts of this user offers."""
    ending = world.consent(user)
    assert isinstance(ending, Choosing), ending
    return {a.id: a for a in world.select.offered(ANNA, ending.offer).advertisers}


def lost(world: World) -> list[ConnectionState]:
    return [view.state for view in world.list_connections(ANNA)]


# at the callback


def test_an_account_that_is_listed_twice_is_offered_and_connected_once() -> None:
    world = World()
    first, *_ = ids = with_accounts(world, 3)
    world.machine.listed_twice = frozenset(ids)
    assert list(offered(world)) == [*ids]
    world.machine.listed_twice = frozenset([first])
    world.connect("chloe")
    assert len(world.connect("big", owner=ANNA)) == 4


def test_an_empty_list_beside_the_exchanges_own_is_a_list_that_failed() -> None:
    world = World()
    ids = with_accounts(world, 3)
    world.platform.unlisted = ()
    accounts = offered(world)
    assert {a.standing for a in accounts.values()} == {Standing.OPEN}
    assert list(accounts) == list(ids)
    assert world.machine.live_refresh_tokens() == 1


def test_an_account_that_the_list_left_out_is_offered_too() -> None:
    world = World()
    first, second, third = with_accounts(world, 3)
    world.platform.unlisted = (Advertiser(second, "The second"),)
    assert set(offered(world)) == {first, second, third}


def test_a_list_that_fails_where_the_exchange_names_nobody_is_no_consent_without_accounts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    exchange = world.platform.exchange
    monkeypatch.setattr(world.platform, "exchange", lambda code: _unnamed(exchange(code)))
    world.platform.unlisted = Unavailable("away")
    assert world.consent("ana") == Failed(ConsentFailure.UNAVAILABLE)
    world.platform.unlisted = ()
    assert world.consent("ana") == Failed(ConsentFailure.NO_ADVERTISERS)


def _unnamed(issued: object) -> object:
    return replace(issued, advertisers=())  # type: ignore[type-var] # whatever came, it is a dataclass


def test_one_forbidden_account_in_a_batch_of_a_hundred_costs_the_details_of_itself_alone() -> None:
    world = World()
    ids = with_accounts(world, 250)
    forbidden = {ids[17], ids[130], ids[131]}
    world.machine.refused_in_details = frozenset(forbidden)
    accounts = offered(world)
    assert {a.id for a in accounts.values() if a.standing is Standing.UNTOLD} == forbidden
    assert {a.id for a in accounts.values() if a.standing is Standing.CLOSED} == {ids[99], ids[199]}
    assert sum(a.selectable for a in accounts.values()) == 245
    assert accounts[ids[17]].name == "Client 17", "its name is known from the list"


def test_an_account_that_is_closed_is_not_offered_because_its_batch_was_refused() -> None:
    world = World()
    ids = with_accounts(world, 100)
    world.machine.refused_in_details = frozenset([ids[98]])
    assert not offered(world)[ids[99]].selectable


@pytest.mark.parametrize("count", [1, 2, 3, 150])
def test_accounts_can_be_chosen_where_the_app_may_see_the_details_of_none(count: int) -> None:
    world = World()
    calls = list[int]()
    with_accounts(world, count)
    world.platform.withheld, world.platform.on_details = True, lambda: calls.append(1)
    if count == 1:
        assert world.consent("big") == Connected()
    else:
        assert all(a.selectable for a in offered(world).values())
    assert len(calls) <= 4, "nobody asks for each"


def test_an_account_without_a_status_beside_others_that_have_one_can_not_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    first, second, _ = with_accounts(world, 3)
    details = world.platform.details

    def without_one_status(access: object, accounts: object) -> object:
        told = details(access, accounts)  # type: ignore[arg-type] # passed on as they are
        assert isinstance(told, tuple)
        return tuple(Advertiser(a.id, a.name) if a.id == first else a for a in told)

    monkeypatch.setattr(world.platform, "details", without_one_status)
    accounts = offered(world)
    assert (accounts[first].selectable, accounts[second].selectable) == (False, True)


@pytest.mark.parametrize("failure", [Unavailable("away"), Throttled()])
def test_accounts_can_be_chosen_where_nothing_of_any_could_be_read_in_the_time(failure: Failure) -> None:
    world = World()
    with_accounts(world, 150)
    world.platform.untold = failure
    assert all(a.selectable for a in offered(world).values())


def test_a_batch_that_goes_wrong_once_is_asked_for_again() -> None:
    world = World()
    with_accounts(world, 250)
    failures = [Unavailable("once"), None, Unavailable("twice"), None, None]
    world.platform.on_details = lambda: setattr(world.platform, "untold", failures.pop(0))
    accounts = offered(world)
    assert {a.standing for a in accounts.values()} == {Standing.OPEN, Standing.CLOSED}


class Paced(FreeBudget):
    """Ten calls a second, each asked for by itself; it remembers when they were let go."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = SimulatedClock()
        self.paced = ProcessBudget(10, self.clock)
        self.sent = list[timedelta]()

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta, person: OwnerId | None = None) -> Permits:
        permits = self.paced.take(app, wanted, lane, within=within)
        self.sent += [self.clock.monotonic() + permits.wait_for(i) for i in range(permits.count)]
        return permits


@pytest.mark.parametrize(
    ("count", "latency", "told"), [(2_000, 0.1, 2_000), (10_000, 0.1, 10_000), (10_000, 0.5, 2_000), (2_000, 9, 100)]
)
def test_the_details_of_thousands_of_accounts_are_read_within_the_time_and_the_budget(
    count: int, latency: float, told: int
) -> None:
    budget = Paced()
    world = World(budget.clock, given_budget=budget)
    with_accounts(world, count)
    world.platform.on_details = lambda: budget.clock.advance(timedelta(seconds=latency))
    state, code, began = world.state_of(ANNA), world.code("big"), budget.clock.monotonic()
    ending = world.complete(ANNA, "a-browser", state=state, code=code)
    assert budget.clock.monotonic() - began <= 25 * SECOND
    assert isinstance(ending, Choosing)
    accounts = world.select.offered(ANNA, ending.offer).advertisers
    assert len(accounts) == count
    assert sum(a.standing is not Standing.UNREAD for a in accounts) >= told
    apart = [after - before for before, after in zip(budget.sent, budget.sent[1:], strict=False)]
    assert min(apart) >= timedelta(seconds=0.1), "each call has a permit of its own"
    chosen = [a.id for a in accounts if a.selectable]
    assert len(world.select(ANNA, ending.offer, chosen)) == len(chosen)
    world.platform.on_details = lambda: None
    budget.clock.advance(HOUR)
    world.stay_in_touch()
    world.audit()
    standings = {v.connection.advertiser.standing for v in world.list_connections(ANNA)}
    assert Standing.UNREAD not in standings, "the audit reads the rest"


# at an audit


def connected(world: World, users: int) -> list[Connection]:
    """That many users, each with an account of their own."""
    connections = list[Connection]()
    for number in range(users):
        name = f"user-{number}"
        account = SimulatedAccount(advertiser_id=str(7_000_000_000_000_200_000 + number), name=name)
        world.machine.set_accounts(name, [account])
        connections += world.connect(name, owner=OwnerId(name))
    return connections


def states(world: World, connections: list[Connection]) -> set[bool]:
    return {world.grant_of(c).connections[c.id].lost_at is None for c in connections}


def events(world: World) -> list[type]:
    return [type(e) for e in world.database.rows.events if isinstance(e, AccountLost | AccountFound)]


def test_an_empty_list_at_an_audit_takes_nobodys_connection() -> None:
    world = World()
    connections = connected(world, 60)
    world.sweep_for(7 * DAY, every=DAY / 4)
    world.platform.unlisted = ()
    assert world.audit().reaches_read == 60
    assert states(world, connections) == {True}
    assert events(world) == []
    world.platform.unlisted = None
    assert world.audit().reaches_read == 60, "the next audit looks again"
    assert world.audit().reaches_read == 0


def test_an_empty_list_for_one_of_a_few_takes_nothing_by_itself() -> None:
    world = World()
    connections = connected(world, 3)
    world.sweep_for(7 * DAY, every=DAY / 4)
    world.platform.unlisted = ()
    world.audit()
    assert states(world, connections) == {True}


def test_the_only_account_of_a_login_that_is_gone_is_lost_once_its_details_are_refused_too() -> None:
    world = World()
    [connection] = connected(world, 1)
    world.machine.set_accounts("user-0", [])
    world.sweep_for(7 * DAY, every=DAY / 4)
    world.audit()
    assert states(world, [connection]) == {False}


def test_an_only_account_that_is_gone_is_not_lost_where_the_app_may_see_no_details() -> None:
    world = World()
    world.platform.withheld = True
    [connection] = connected(world, 1)
    world.machine.set_accounts("user-0", [])
    world.sweep_for(7 * DAY, every=DAY / 4)
    world.audit()
    assert states(world, [connection]) == {True}


def test_an_account_that_two_lists_left_out_and_the_third_names_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    acme, _ = world.connect("ana", 0, 1)
    world.sweep_for(7 * DAY, every=DAY / 4)
    reach, looks = world.platform.reach, list[timedelta]()

    def short(access: object) -> object:
        looks.append(world.clock.monotonic())
        listed = reach(access)  # type: ignore[arg-type] # passed on as it is
        assert isinstance(listed, tuple)
        return listed[1:] if len(looks) < 3 else listed

    monkeypatch.setattr(world.platform, "reach", short)
    world.audit()
    assert len(looks) == 3
    assert looks[1] - looks[0] >= MINUTE
    assert looks[2] - looks[0] <= 10 * MINUTE, "within minutes"
    assert world.grant_of(acme).connections[acme.id].lost_at is None
    assert events(world) == []


def test_an_account_that_three_lists_left_out_is_lost_and_is_found_again() -> None:
    world = World()
    world.connect("ana", 0, 1)
    accounts = world.machine.accounts("ana")
    world.machine.set_accounts("ana", accounts[1:])
    world.sweep_for(7 * DAY, every=DAY / 4)
    world.audit()
    assert lost(world) == [ConnectionState.ACCOUNT_LOST, ConnectionState.OK]
    world.machine.set_accounts("ana", accounts)
    world.sweep_for(7 * DAY, every=DAY / 4)
    world.audit()
    assert lost(world) == [ConnectionState.OK, ConnectionState.OK]
    assert events(world) == [AccountLost, AccountFound]


@pytest.mark.parametrize(("users", "gone", "believed"), [(40, 3, False), (40, 2, True), (19, 5, True), (20, 2, False)])
def test_nobody_loses_an_account_when_too_many_owners_miss_theirs_at_once(
    users: int, gone: int, believed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    connections = connected(world, users)
    for number in range(gone):  # a second account, so that no list is empty
        name = f"user-{number}"
        own = world.machine.accounts(name)
        other = SimulatedAccount(advertiser_id=str(7_000_000_000_000_300_000 + number), name="another")
        world.machine.set_accounts(name, [*own, other])
        world.connect(name, owner=OwnerId(name))
        world.machine.set_accounts(name, [other])
    world.sweep_for(7 * DAY, every=DAY / 4)
    world.audit()
    lost_ones = [c for c in connections if world.grant_of(c).connections[c.id].lost_at is not None]
    assert len(lost_ones) == (gone if believed else 0)
    assert ("nobody loses any" in caplog.text) is not believed


def test_an_audit_of_thousands_that_all_miss_comes_to_an_end() -> None:
    world = World()
    connected(world, 450)
    world.sweep_for(7 * DAY, every=DAY)
    world.platform.unlisted = ()
    assert world.audit().reaches_read == 450


def test_an_audit_that_is_asked_to_stop_takes_nothing_and_waits_no_more() -> None:
    world = World()
    world.connect("ana", 0, 1)
    world.machine.set_accounts("ana", world.machine.accounts("ana")[1:])
    world.sweep_for(7 * DAY, every=DAY / 4)
    began = world.clock.monotonic()
    world.platform.on_reach = lambda: None
    stops = iter([False, False, False])
    world.audit(stopping=lambda: next(stops, True))
    assert world.clock.monotonic() - began < MINUTE
    assert lost(world) == [ConnectionState.OK, ConnectionState.OK]
