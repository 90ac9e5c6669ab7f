"""Thousands of accounts of one consent: stored, chosen, moved and disconnected in few statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import Database
from adapters.sql.store import SqlStore
from adapters.tiktok_simulator.advertisers import Advertiser as SimulatedAccount
from adapters.tiktok_simulator.config import Config
from application.rotation.permit_turn import never
from domain.consent import Choosing, Connected
from support.world import ANNA, CountedIds, SimulatedClock, World

MANY, FEW = 2_500, 60
"""Accounts, and the most statements that any step with all of them may take."""


@contextmanager
def few_statements(database: Database) -> Iterator[None]:
    sent = list[str]()

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert len(sent) <= FEW, sent[:20]


def test_thousands_of_accounts_are_chosen_moved_and_let_go_in_few_statements(database: Database) -> None:
    clock = SimulatedClock()
    claims = SqlClaims(database, host="here", ids=CountedIds(), process_clock=clock)
    world = World(clock, Config(profile="long-term"), store=SqlStore(database), claims=claims)
    accounts = [SimulatedAccount(advertiser_id=str(7_000_000_000_000_000_000 + n), name=f"Client {n}") for n in range(MANY)]
    world.machine.set_accounts("agency", accounts)
    ending = world.consent("agency")
    assert isinstance(ending, Choosing)
    every = [a.id for a in world.select.offered(ANNA, ending.offer).selectable]
    with few_statements(database):
        connections = world.select(ANNA, ending.offer, every)
    assert len(connections) == MANY
    assert world.select(ANNA, ending.offer, every) == connections
    state, code = world.state_of(ANNA), world.code("agency")
    with few_statements(database):
        assert world.complete(ANNA, "a-browser", state=state, code=code) == Connected()
    views = world.list_connections(ANNA)
    assert [v.connection.id for v in views] == [c.id for c in connections], "all moved, under their old ids"
    assert len({world.grant_of(c).id for c in (connections[0], connections[-1])}) == 1
    world.machine.set_accounts("agency", accounts[: MANY // 2])
    world.pass_time(days=7)
    with few_statements(database):
        assert world.audit.audit_reach(never) == 1
    assert sum(v.connection.lost_at is not None for v in world.list_connections(ANNA)) == MANY - MANY // 2
