from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from application import list_spend_lines
from application.list_spend_lines import ListSpendLines, pieces
from application.ports.spend_store import SpendAccount, SpendStoreOfAllOwners
from domain.errors import InvalidRequest
from domain.spend import SpendKind
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn, lines_by
from support.builders import ANNA, START, account
from support.stored_spend import read_into, spent
from support.world import World

FIRST = START.date() - timedelta(days=20)
DAYS = [FIRST + timedelta(days=n) for n in range(6)]
ALL = Window(DAYS[0], DAYS[-1])
OF = [SpendAccount(ANNA, account(1)), SpendAccount(ANNA, account(2))]
CURRENCIES = {OF[0]: "EUR", OF[1]: "GBP"}
ROWS = [
    spent(of.account, day, f"{n}.5", campaign=f"{n}", currency=currency)
    for of, currency in CURRENCIES.items()
    for day in DAYS[::2]
    for n in range(3)
]


@pytest.fixture
def store() -> SpendStoreOfAllOwners:
    store = World().container.spend_store()
    for of in OF:
        read_into(store, of, [row for row in ROWS if row.account == of.account], at=START)
    return store


@pytest.fixture
def listed(store: SpendStoreOfAllOwners) -> ListSpendLines:
    return ListSpendLines(store)


@pytest.mark.parametrize("rows_at_once", [1, 7, 12, 5_000])
@pytest.mark.parametrize("columns", [{"day", "campaign"}, {"day", "campaign", "account"}, {"campaign"}, {"day"}, set[str]()])
def test_the_pieces_together_are_all_lines_in_order(
    listed: ListSpendLines, monkeypatch: pytest.MonkeyPatch, rows_at_once: int, columns: set[str]
) -> None:
    monkeypatch.setattr(list_spend_lines, "ROWS_AT_ONCE", rows_at_once)
    told_apart = set(map(SpendColumn, columns))
    lines = [line for piece in listed(CURRENCIES, ALL, SpendKind.AUCTION, told_apart) for line in piece]
    assert lines == lines_by(told_apart, ROWS)


def test_a_piece_has_whole_days_and_not_more_rows_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_spend_lines, "ROWS_AT_ONCE", 10)
    counts = dict(zip(DAYS, [4, 6, 1, 25, 2, 8], strict=True))
    assert list(pieces(counts)) == [
        Window(DAYS[0], DAYS[1]),
        Window(DAYS[2], DAYS[2]),
        Window(DAYS[3], DAYS[3]),
        Window(DAYS[4], DAYS[5]),
    ]
    assert list(pieces({})) == []


def test_a_row_whose_currency_is_withheld_is_in_the_accounts(store: SpendStoreOfAllOwners, listed: ListSpendLines) -> None:
    read_into(store, OF[0], [spent(account(1), FIRST, "9", currency="")], at=START)
    for columns in ({SpendColumn.DAY}, {SpendColumn.DAY, SpendColumn.CAMPAIGN}):
        lines = [line for piece in listed(CURRENCIES, Window(FIRST, FIRST), SpendKind.AUCTION, columns) for line in piece]
        assert ("EUR", Decimal(9)) in {(line.currency, line.figures.spend) for line in lines}


@pytest.mark.parametrize("columns", [{SpendColumn.DAY, SpendColumn.CAMPAIGN}, {SpendColumn.CAMPAIGN}])
def test_too_many_rows_are_refused_before_any_is_given(listed: ListSpendLines, columns: set[SpendColumn]) -> None:
    with pytest.raises(InvalidRequest, match="more than 5 rows"):
        next(listed(CURRENCIES, ALL, SpendKind.AUCTION, columns, most=5))
