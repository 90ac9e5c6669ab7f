from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.spend import (
    MONEY_DECIMALS,
    MONEY_DIGITS,
    MOST_COUNTED,
    Spend,
    SpendKind,
    SpendTotals,
    UnreadableFigure,
    amount_of,
    count_of,
)
from support.builders import account

LARGEST = Decimal(10) ** MONEY_DIGITS - Decimal(1).scaleb(-MONEY_DECIMALS)


@given(amount=st.decimals(min_value=-LARGEST, max_value=LARGEST, places=MONEY_DECIMALS))
def test_an_amount_is_its_text_to_the_last_decimal(amount: Decimal) -> None:
    assert amount_of(f"{amount:f}") == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.34", "12.34"),
        ("1250", "1250"),  # yen
        ("0.125", "0.125"),  # Kuwaiti dinar
        ("-3.10", "-3.10"),
        ("007.50", "7.5"),
        ("0.1000000000", "0.1"),
        ("999999999999.999999", "999999999999.999999"),
    ],
)
def test_amounts_of_all_currencies_are_exact(text: str, amount: str) -> None:
    assert amount_of(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["-", "", " ", "<5", "< 5"])
def test_what_the_platform_does_not_tell_is_none_and_never_nought(text: str) -> None:
    assert amount_of(text) is None
    assert count_of(text) is None


@pytest.mark.parametrize("text", ["1000000000000", "0.1234567", "NaN", "Infinity", "1e3", "1,000.00", "12.", "١٢", "--1"])
def test_an_amount_that_cannot_be_kept_is_told_with_its_text(text: str) -> None:
    with pytest.raises(UnreadableFigure) as refused:
        amount_of(text)
    assert refused.value.text == text


def test_what_is_told_of_an_endless_figure_is_short() -> None:
    with pytest.raises(UnreadableFigure) as refused:
        amount_of("9" * 10_000)
    assert len(str(refused.value)) < 120


@given(count=st.integers(0, MOST_COUNTED))
def test_a_count_is_its_text(count: int) -> None:
    assert count_of(str(count)) == count_of(f"{count}.00") == count


@pytest.mark.parametrize("text", ["1.5", "-1", str(MOST_COUNTED + 1), "9" * 10_000, "many"])
def test_a_count_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UnreadableFigure):
        count_of(text)


def test_a_figure_that_no_row_has_stays_none_in_the_sum() -> None:
    total = SpendTotals(Decimal("0.10"), impressions=3) + SpendTotals(Decimal("0.20"), clicks=0)
    assert total == SpendTotals(Decimal("0.30"), impressions=3, clicks=0)
    assert total.purchase_value is None


ROWS = st.lists(
    st.builds(
        Spend,
        account=st.just(account(1)),
        campaign=st.none(),
        campaign_name=st.just(""),
        day=st.just(date(2030, 3, 1)),
        kind=st.just(SpendKind.AUCTION),
        currency=st.just("EUR"),
        spend=st.decimals(min_value=-LARGEST, max_value=LARGEST, places=MONEY_DECIMALS),
        impressions=st.none() | st.integers(0, 9),
        clicks=st.none() | st.integers(0, 9),
        conversions=st.none(),
        purchases=st.none() | st.integers(0, 9),
        purchase_value=st.none() | st.decimals(min_value=0, max_value=9, places=2),
    ),
    max_size=5,
)


@given(ROWS)
def test_rows_added_at_once_are_rows_added_one_by_one(rows: list[Spend]) -> None:
    one_by_one = SpendTotals()
    for row in rows:
        one_by_one += row.figures
    assert SpendTotals.of(rows) == one_by_one
