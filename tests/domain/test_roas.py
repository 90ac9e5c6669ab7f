from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import CampaignId, OrderId
from domain.order import Attribution, Order
from domain.roas import AccountSpend, Roas, dated_orders, ratio, revenue_by_currency, roas_by_currency
from domain.spend import Spend, SpendKind
from domain.spend_calendar import AccountCalendar, Window
from support.builders import account

FIRST, SECOND = date(2030, 3, 1), date(2030, 3, 2)
BOTH = Window(FIRST, SECOND)
SOLD = {"EUR", "GBP", "USD"}


def row(
    day: date,
    amount: str,
    *,
    number: int = 1,
    currency: str = "EUR",
    kind: SpendKind = SpendKind.AUCTION,
    value: str | None = None,
) -> Spend:
    worth = None if value is None else Decimal(value)
    campaign = CampaignId(f"{number}1")
    return Spend(account(number), campaign, f"Campaign {number}", day, kind, currency, Decimal(amount), purchase_value=worth)


def spent(*rows: Spend, number: int = 1, closed: frozenset[date] = frozenset(BOTH.days), zone: str = "Etc/UTC") -> AccountSpend:
    currency = rows[0].currency if rows else "EUR"
    return AccountSpend(account(number), AccountCalendar.of(zone), currency, rows, closed)


def ordered(
    day: date,
    total: str,
    *,
    hour: int = 12,
    currency: str = "EUR",
    status: str = "completed",
    campaign: str = "",
    clicks: str = "ttclid",
) -> Order:
    document = dict.fromkeys(clicks.split(), "click") | {"utm": {"utm_campaign": campaign}}
    at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Order(OrderId(total), at, Decimal(total), currency, status, Attribution.of(document))


def roas_of(accounts: list[AccountSpend], *orders: Order, sold_in: set[str] = SOLD) -> list[Roas]:
    return roas_by_currency(accounts, BOTH, dated_orders(accounts, orders), sold_in)


def test_the_two_ratios_stand_apart() -> None:
    (roas,) = roas_of([spent(row(FIRST, "40", value="100"), row(SECOND, "20"))], ordered(FIRST, "70"), ordered(SECOND, "20"))
    assert (roas.by_orders, roas.claimed) == (Decimal("1.5000"), Decimal("1.6667"))


def test_revenue_is_of_exactly_the_days_whose_spend_is_closed() -> None:
    account = spent(row(FIRST, "40"), row(SECOND, "20"), closed=frozenset({FIRST}))
    (roas,) = roas_of([account], ordered(FIRST, "70"), ordered(SECOND, "500"))
    assert (roas.days, roas.by_orders) == ((FIRST,), Decimal("1.7500"))


def test_a_day_is_used_when_it_is_closed_in_every_account_of_the_currency() -> None:
    accounts = [
        spent(row(FIRST, "40"), row(SECOND, "20")),
        spent(row(SECOND, "5", number=2), number=2, closed=frozenset({SECOND})),
    ]
    (roas,) = roas_of(accounts, ordered(FIRST, "70"), ordered(SECOND, "50"))
    assert (roas.days, roas.by_orders) == ((SECOND,), Decimal("2.0000"))


def test_without_a_closed_day_or_without_spend_there_is_no_ratio() -> None:
    (open_still,) = roas_of([spent(row(FIRST, "40", value="9"), closed=frozenset())], ordered(FIRST, "70"))
    assert (open_still.by_orders, open_still.claimed) == (None, None)
    (nothing_spent,) = roas_of([spent(row(FIRST, "0", value="9"))], ordered(FIRST, "70"))
    assert (nothing_spent.by_orders, nothing_spent.claimed) == (None, None)


def test_spend_that_brought_no_order_has_a_ratio_of_nothing() -> None:
    (roas,) = roas_of([spent(row(FIRST, "40"))], ordered(FIRST, "70", clicks="gclid"))
    assert roas.by_orders == 0


def test_orders_that_are_not_tiktoks_or_were_not_paid_are_left_out() -> None:
    others = ordered(FIRST, "70", clicks="ttclid gclid"), ordered(FIRST, "5", status="refunded")
    (roas,) = roas_of([spent(row(FIRST, "40"))], ordered(FIRST, "20"), *others)
    assert roas.by_orders == Decimal("0.5000")


def test_unlike_currencies_are_never_divided() -> None:
    (roas,) = roas_of([spent(row(FIRST, "40"))], ordered(FIRST, "70", currency="GBP"), sold_in={"GBP"})
    assert (roas.currency, roas.revenue, roas.by_orders) == ("EUR", None, None)
    accounts = [spent(row(FIRST, "40")), spent(row(FIRST, "10", number=2, currency="GBP"), number=2)]
    eur, gbp = roas_of(accounts, ordered(FIRST, "80"), ordered(FIRST, "30", currency="GBP"))
    assert (eur.by_orders, gbp.by_orders) == (Decimal("2.0000"), Decimal("3.0000"))


def test_an_order_that_an_account_of_another_currency_brought_is_in_neither_ratio() -> None:
    accounts = [spent(row(FIRST, "40")), spent(row(FIRST, "10", number=2, currency="GBP"), number=2)]
    eur, gbp = roas_of(accounts, ordered(FIRST, "80", campaign="21"))
    assert (eur.by_orders, gbp.by_orders) == (Decimal("0.0000"), Decimal("0.0000"))


def test_without_known_orders_only_the_claim_is_told() -> None:
    (roas,) = roas_by_currency([spent(row(FIRST, "40", value="10"))], BOTH, None)
    assert (roas.by_orders, roas.claimed) == (None, Decimal("0.2500"))


def test_an_account_whose_currency_is_withheld_has_no_ratio() -> None:
    assert roas_of([spent(row(FIRST, "40", currency=""))], ordered(FIRST, "70")) == []


def test_gmv_max_is_in_no_ratio() -> None:
    account = spent(row(FIRST, "40", value="40"), row(FIRST, "60", kind=SpendKind.GMV_MAX, value="900"))
    (roas,) = roas_of([account], ordered(FIRST, "80"))
    assert (roas.by_orders, roas.claimed) == (Decimal("2.0000"), Decimal("1.0000"))


def test_an_order_falls_into_the_accounts_local_day() -> None:
    west = spent(row(FIRST, "40"), zone="America/New_York", closed=frozenset({FIRST}))
    (roas,) = roas_of([west], ordered(SECOND, "80", hour=3), ordered(FIRST, "7", hour=3))
    assert roas.by_orders == Decimal("2.0000")


def test_an_order_falls_into_the_day_of_the_account_whose_campaign_brought_it() -> None:
    accounts = [spent(row(FIRST, "40")), spent(row(FIRST, "1", number=2), number=2, zone="Pacific/Kiritimati")]
    unknown, far_east = dated_orders(accounts, [ordered(FIRST, "1", hour=20), ordered(FIRST, "2", hour=20, campaign="21")])
    assert (unknown.day, unknown.account) == (FIRST, None)
    assert (far_east.day, far_east.account) == (SECOND, account(2))


def test_accounts_in_several_zones_have_a_total_and_no_ratio_by_day() -> None:
    accounts = [spent(row(FIRST, "40")), spent(row(FIRST, "1", number=2), number=2, zone="Asia/Tokyo")]
    orders = dated_orders(accounts, [ordered(FIRST, "82")])
    (total,) = roas_by_currency(accounts, BOTH, orders, SOLD)
    assert (total.by_orders, total.of_days()) == (Decimal("2.0000"), {})
    (unknown_zone,) = roas_of([spent(row(FIRST, "40"), zone="")])
    assert unknown_zone.of_days() == {}


def test_accounts_of_another_currency_in_another_zone_leave_the_ratio_by_day() -> None:
    accounts = [
        spent(row(FIRST, "40")),
        spent(row(FIRST, "1", number=2, currency="GBP"), number=2, zone="Asia/Tokyo"),
        spent(row(FIRST, "1", number=3, currency="GBP"), number=3, zone="Europe/London"),
    ]
    euro, pound = roas_of(accounts, ordered(FIRST, "20"))
    assert {day: one.by_orders for day, one in euro.of_days().items()} == {FIRST: Decimal("0.5000"), SECOND: None}
    assert pound.of_days() == {}


def test_an_order_of_no_known_campaign_falls_into_the_day_of_the_first_account_of_its_currency() -> None:
    accounts = [
        spent(row(FIRST, "1"), zone="Pacific/Kiritimati"),
        spent(row(FIRST, "1", number=2, currency="GBP"), number=2),
        spent(row(FIRST, "1", number=3, currency="GBP"), number=3, zone="Pacific/Kiritimati"),
    ]
    orders = [ordered(FIRST, "1", hour=20, currency=currency) for currency in ("GBP", "EUR", "USD")]
    assert [one.day for one in dated_orders(accounts, orders)] == [FIRST, SECOND, SECOND]


def test_in_one_zone_each_day_has_its_own() -> None:
    accounts = [spent(row(FIRST, "40"), row(SECOND, "10"))]
    (roas,) = roas_of(accounts, ordered(FIRST, "20"), ordered(SECOND, "20"))
    by_day = roas.of_days()
    assert {day: one.by_orders for day, one in by_day.items()} == {FIRST: Decimal("0.5000"), SECOND: Decimal("2.0000")}
    assert {day: (one.days, [row.day for row in one.rows]) for day, one in by_day.items()} == {
        FIRST: ((FIRST,), [FIRST]),
        SECOND: ((SECOND,), [SECOND]),
    }


def test_each_campaign_has_its_own_and_orders_of_no_known_campaign_stand_apart() -> None:
    accounts = [spent(row(FIRST, "40")), spent(row(SECOND, "10", number=2), number=2)]
    (roas,) = roas_of(accounts, ordered(FIRST, "20", campaign="11"), ordered(SECOND, "7", campaign="x"), ordered(SECOND, "1"))
    parts = roas.of_campaigns()
    assert {campaign: (one.by_orders, one.revenue and one.revenue.total) for campaign, one in parts.items()} == {
        "11": (Decimal("0.5000"), Decimal(20)),
        "21": (Decimal("0.0000"), Decimal(0)),
        None: (None, Decimal(8)),
    }


@given(st.lists(st.tuples(st.sampled_from([FIRST, SECOND]), st.integers(1, 3), st.integers(0, 9_999)), max_size=12))
def test_what_a_ratio_is_made_of_adds_up_to_it_however_it_is_told_apart(facts: list[tuple[date, int, int]]) -> None:
    spend = [row(day, str(Decimal(cents).scaleb(-2)), number=number) for day, number, cents in facts]
    orders = [ordered(day, str(Decimal(cents).scaleb(-2)), campaign=f"{number}1") for day, number, cents in facts[::2]]
    accounts = [spent(*(one for one in spend if one.account == account(number)), number=number) for number in (1, 2, 3)]
    (roas,) = roas_of(accounts, *orders)
    for parts in (roas.of_days().values(), roas.of_campaigns().values()):
        assert sum((part.spend.spend for part in parts), Decimal(0)) == roas.spend.spend
        assert sum((part.revenue.total for part in parts if part.revenue), Decimal(0)) == (roas.revenue and roas.revenue.total)


def test_the_home_pages_count_stands_beside_ours() -> None:
    elsewhere = Order(
        OrderId("1"),
        datetime(2030, 3, 1, tzinfo=UTC),
        Decimal(9),
        "EUR",
        "completed",
        Attribution.of({"ttclid": "T", "last_touch": {"gclid": "G"}}),
    )
    orders = dated_orders([spent()], [elsewhere, ordered(FIRST, "20"), ordered(FIRST, "7", currency="GBP")])
    revenue = revenue_by_currency(orders, {FIRST})
    assert {one.currency: (len(one.orders), len(one.home_page_orders), one.total) for one in revenue.values()} == {
        "EUR": (1, 2, Decimal(20)),
        "GBP": (1, 1, Decimal(7)),
    }
    assert revenue_by_currency(orders, {SECOND}) == {}


cents = st.integers(0, 10**14).map(lambda amount: Decimal(amount).scaleb(-2))


@given(cents, cents)
def test_a_ratio_is_rounded_once_half_to_even(value: Decimal, spend: Decimal) -> None:
    quotient = ratio(value, spend)
    if not spend:
        assert quotient is None
    else:
        assert quotient is not None
        assert Fraction(quotient) == Fraction(round(Fraction(value) / Fraction(spend) * 10_000), 10_000)
        assert quotient.as_tuple().exponent == -4
