"""What the platform says of an account may be a text that this database can't hold; the code is spent by then."""

import pytest
from msgspec import structs

from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import Database, open_database
from adapters.sql.store import SqlStore
from domain.consent import Choosing, Connected
from support.world import ANNA, CountedIds, SimulatedClock, World


def a_world_over(database: Database) -> World:
    clock, ids = SimulatedClock(), CountedIds()
    claims = SqlClaims(database, host="here", ids=ids, clock=clock)
    return World(clock=clock, ids=ids, store=SqlStore(database), claims=claims)


def name_first_account(world: World, user: str, name: str) -> None:
    first, *others = world.machine.accounts(user)
    world.machine.set_accounts(user, [structs.replace(first, name=name), *others])


@pytest.mark.parametrize("name", ["a NUL \0 in it", "half an emoji \ud83d", "the other half \ude00"])
def test_a_name_that_the_database_cannot_hold_loses_no_pair(migrated_postgres_url: str, name: str) -> None:
    database = open_database(migrated_postgres_url)
    world = a_world_over(database)
    name_first_account(world, "ana", name)
    ending = world.consent("ana", 0)
    assert isinstance(ending, Connected)
    [view] = world.list_connections(ANNA)
    assert view.connection.advertiser.name == view.connection.advertiser.id
    world.rotate(view.connection.id, owner=ANNA, asked_at=world.clock.now())
    database.dispose()


def test_such_a_name_among_several_costs_no_choice(migrated_sqlite_url: str) -> None:
    database = open_database(migrated_sqlite_url)
    world = a_world_over(database)
    name_first_account(world, "ana", "half an emoji \ud83d")
    ending = world.consent("ana")
    assert isinstance(ending, Choosing)
    offered = world.select.offered(ANNA, ending.offer)
    assert len(offered.advertisers) == len(world.machine.accounts("ana"))
    database.dispose()
