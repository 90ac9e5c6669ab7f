from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select, text, update

from adapters.sql.bulk_writes import add_in_arrays
from adapters.sql.database import Database
from adapters.sql.spend_store import SqlSpendStore
from adapters.sql.spend_tables import spend_accounts, spend_days
from application.ports.spend_store import SpendAccount
from domain.spend_day import DayState
from support.builders import ANNA, BERT, HOUR, MINUTE, START, account
from support.world import SimulatedClock

ACCOUNTS, DAYS = 800, 10


@pytest.fixture
def store(database: Database) -> SqlSpendStore:
    """Many accounts with a month each, all of it settled but for the last day."""
    store = SqlSpendStore(database, clock=SimulatedClock())
    several = [SpendAccount(ANNA, account(number)) for number in range(ACCOUNTS)]
    store.follow(several)
    with database.writing() as connection:
        numbers = connection.scalars(select(spend_accounts.c.number)).all()
        connection.execute(update(spend_accounts).where(spend_accounts.c.number > min(numbers) + 20).values(due_at=START + HOUR))
        days = [
            {
                "account_number": number,
                "kind": "auction",
                "day": date(2029, 12, 1) + timedelta(days=place),
                "state": (DayState.SETTLED if place < DAYS - 1 else DayState.PROVISIONAL).value,
            }
            for number in numbers
            for place in range(DAYS)
        ]
        add_in_arrays(connection, spend_days, days)
        connection.execute(text("ANALYZE"))
        connection.commit()
    return store


@pytest.fixture
def plans(database: Database) -> Iterator[list[str]]:
    """The plan of each query, as it is sent."""
    found = list[str]()
    explain = "EXPLAIN " if database.is_postgres else "EXPLAIN QUERY PLAN "

    def listen(_c: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "FROM spend_" in statement and statement.startswith("SELECT"):
            cursor.execute(explain + statement, parameters)  # type: ignore[attr-defined] # a driver's cursor
            found.append(" ".join(str(line) for line in cursor.fetchall()))  # type: ignore[attr-defined] # a driver's cursor

    event.listen(database.engine, "before_cursor_execute", listen)
    yield found
    event.remove(database.engine, "before_cursor_execute", listen)


def test_who_is_due_is_found_in_order_without_a_look_at_all_accounts(store: SqlSpendStore, plans: list[str]) -> None:
    assert len(store.take_due(limit=5, lease=MINUTE)) == 5
    assert len(store.take_due(limit=5, lease=MINUTE, yielding=[BERT])) == 5
    assert plans
    for plan in plans:
        assert "ix_spend_accounts_due" in plan
        assert "SORT" not in plan.upper()
        assert "TEMP B-TREE" not in plan


def test_open_days_are_found_without_a_look_at_the_settled_ones(store: SqlSpendStore, plans: list[str]) -> None:
    assert len(store.open_days(SpendAccount(ANNA, account(7)))) == 1
    [plan] = plans
    assert "ix_spend_days_open" in plan
