from collections.abc import Iterator, Mapping, Sequence

import pytest
from sqlalchemy import Table, event, insert, text

from adapters.ids_and_nonces import SystemIds
from adapters.sql import tables
from adapters.sql.claims_and_settlements import CROWD, SqlClaims
from adapters.sql.database import Database
from adapters.sql.grant_rows import row_of
from adapters.sql.offers import row_of as row_of_offer
from adapters.sql.store import SqlStore
from application.ports.claims_and_settlements import Due
from domain.ids import GrantId
from support.builders import APP, HOUR, MINUTE, START, a_grant, a_pair, an_offer
from support.world import SimulatedClock

FLEET = 3 * CROWD


def put(database: Database, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """In pieces that a busy machine, too, is done with before the database's answer is missed."""
    for piece in batched(rows, 300):
        with database.writing() as connection:
            connection.execute(insert(table), piece)
            connection.commit()
    with database.writing() as connection:
        connection.execute(text(f"ANALYZE {table.name}"))
        connection.commit()


def batched(rows: Sequence[Mapping[str, object]], size: int) -> Iterator[Sequence[Mapping[str, object]]]:
    """So many at a time (itertools has it from Python 3.12 on)."""
    return (rows[n : n + size] for n in range(0, len(rows), size))


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def claims(database: Database, clock: SimulatedClock) -> SqlClaims:
    """Over a fleet whose pairs were issued in the last ten hours: a few are due now, all will be."""
    spacing = 10 * HOUR / FLEET
    rows = [row_of(a_grant(f"grant-{n:04}", tokens=a_pair(at=START - n * spacing), reaches=())) for n in range(FLEET)]
    put(database, tables.grants, rows)
    return SqlClaims(database, host="here", ids=SystemIds(), clock=clock, keys={"k1", "k2"})


@pytest.fixture
def plans(database: Database) -> Iterator[list[str]]:
    """The plan of each query that looks for what is due or over, as it is sent."""
    found = list[str]()
    explain = "EXPLAIN " if database.is_postgres else "EXPLAIN QUERY PLAN "

    def listen(_c: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if any(sign in statement for sign in ("attempt_lease_until <=", "since <", "DELETE FROM offers")):
            cursor.execute(explain + statement, parameters)  # type: ignore[attr-defined] # a driver's cursor
            found.append(" ".join(str(line) for line in cursor.fetchall()))  # type: ignore[attr-defined] # a driver's cursor

    event.listen(database.engine, "before_cursor_execute", listen)
    yield found
    event.remove(database.engine, "before_cursor_execute", listen)


def test_a_sweep_looks_at_what_is_due_alone(claims: SqlClaims, plans: list[str]) -> None:
    due = claims.count_due(APP, Due())
    assert 0 < due < CROWD / 10
    assert len(claims.take_due(APP, limit=FLEET, lease=MINUTE, due=Due(urgent_within=MINUTE))) == due
    due_plan, urgent_plan = plans
    assert "ix_grants_due" in due_plan
    assert "ix_grants_urgent" in urgent_plan or "ix_grants_due" in urgent_plan


def test_a_sweep_does_not_sort_a_backlog(claims: SqlClaims, plans: list[str], clock: SimulatedClock) -> None:
    clock.advance(12 * HOUR)
    assert claims.count_due(APP, Due()) == FLEET
    taken = claims.take_due(APP, limit=70, lease=MINUTE, due=Due(urgent_within=MINUTE))
    assert [c.grant.id for c in taken] == [f"grant-{n:04}" for n in range(FLEET - 1, FLEET - 71, -1)]
    [plan] = plans
    assert "ix_grants_expiry" in plan


def test_a_backlog_leaves_out_what_is_not_due(claims: SqlClaims, clock: SimulatedClock) -> None:
    clock.advance(6 * HOUR)
    due = claims.count_due(APP, Due())
    assert CROWD <= due < FLEET
    taken = claims.take_due(APP, limit=FLEET, lease=MINUTE, due=Due())
    assert len(taken) == due
    assert all(c.grant.schedule.due_at is not None and c.grant.schedule.due_at <= clock.now() for c in taken)


@pytest.mark.usefixtures("claims")
def test_an_audit_finds_what_is_to_be_given_up_and_forgotten_by_indices(database: Database, plans: list[str]) -> None:
    offers = [row_of_offer(an_offer(GrantId(f"grant-{n:04}"), f"offer-{n}", at=START + n * MINUTE)) for n in range(FLEET)]
    put(database, tables.offers, offers)
    with SqlStore(database).write() as work:
        assert work.grants.hopeless(START, limit=10) == []
        assert work.offers.forget(START + HOUR) == 0
    hopeless, forgotten = plans
    assert "ix_grants_hopeless" in hopeless or "ix_grants_not_active" in hopeless, "both hold only what does not go on"
    assert "ix_offers_expires_at" in forgotten
