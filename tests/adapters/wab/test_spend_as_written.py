"""What is in a row of spend there: its columns as the table has them, in whatever time zone, and only TikTok's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from adapters.wab.connection_mirror import WabConnectionMirror
from adapters.wab.spend_sink import WabSpendSink
from application.ports.spend_sink import DeliveryOutcome, DeliveryReport
from domain.delivered_spend import DaysToDeliver, DeliveredRow
from domain.ids import AdvertiserId
from support.dashboard_database import ANNA, OURS, SHOP, DashboardDatabase, an_old_row, showing

DAY = date(2029, 12, 1)


@pytest.fixture
def sink(altered: WabConnectionMirror, new_dashboard: DashboardDatabase) -> Iterator[WabSpendSink]:
    """Over `new_dashboard`, where Anna's connection has its row."""
    altered.settle(OURS, lambda _: showing())
    opened = WabSpendSink(new_dashboard.url)
    yield opened
    opened.dispose()


def spent(amount: str = "1", *, impressions: int = 1000, currency: str = "GBP", name: str = "Spring") -> DeliveredRow:
    return DeliveredRow("11", name, Decimal(amount), impressions, 10, currency)


def deliver(sink: WabSpendSink, *rows: DeliveredRow) -> DeliveryReport:
    return sink.deliver(OURS, lambda _: DaysToDeliver(ANNA, SHOP, {DAY: rows}))


def test_a_day_is_dated_at_midnight_though_the_session_is_in_new_york(
    sink: WabSpendSink, new_dashboard: DashboardDatabase
) -> None:
    deliver(sink, spent("12.34"))
    [(moment, spend, age)] = new_dashboard.ask(
        "SELECT date, spend, abs(extract(epoch FROM now() AT TIME ZONE 'UTC' - created_at)) FROM ad_spend"
    )
    assert (moment, spend) == (datetime(2029, 12, 1), Decimal("12.34"))  # noqa: DTZ001 (as the dashboard has it)
    assert float(str(age)) < 60


def test_what_is_there_as_ours_is_not_written(sink: WabSpendSink, new_dashboard: DashboardDatabase) -> None:
    deliver(sink, spent())
    before = new_dashboard.ask("SELECT id, xmin::text FROM ad_spend")
    assert deliver(sink, spent()).different == frozenset()
    assert new_dashboard.ask("SELECT id, xmin::text FROM ad_spend") == before


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (spent("1.005"), "an amount"),
        (spent("100000000"), "an amount"),
        (spent(impressions=2**31), "impressions"),
        (spent(currency="POUNDS OF GOLD"), "currency"),
    ],
    ids=["decimals", "digits", "count", "text"],
)
def test_what_the_column_would_round_or_refuse_is_refused_with_its_name(
    sink: WabSpendSink, new_dashboard: DashboardDatabase, row: DeliveredRow, line: str
) -> None:
    deliver(sink, spent("7"))
    report = deliver(sink, row, spent("3", name="Beside"))
    assert line in report.refused[DAY]
    assert [kept.spend for kept in new_dashboard.spend_of(OURS)[DAY]] == [7]


def test_a_wider_column_takes_what_a_narrow_one_refused(sink: WabSpendSink, new_dashboard: DashboardDatabase) -> None:
    assert deliver(sink, spent("1.125")).refused
    new_dashboard.do("ALTER TABLE ad_spend ALTER COLUMN spend TYPE numeric(18, 3)")
    assert not deliver(sink, spent("1.125")).refused
    assert new_dashboard.spend_of(OURS)[DAY] == (spent("1.125"),)


def test_a_long_name_is_cut_and_delivered_once(sink: WabSpendSink, new_dashboard: DashboardDatabase) -> None:
    rows = [spent(name="☕\0" * 10_000)]
    assert deliver(sink, *rows).different
    assert not deliver(sink, *rows).different
    assert [row.campaign_name for row in new_dashboard.spend_of(OURS)[DAY]] == ["☕" * 255]


@pytest.mark.parametrize(
    ("of_stores", "currency", "outcome"),
    [
        ((), "EUR", DeliveryOutcome.THERE),
        (("'GBP'",), "EUR", DeliveryOutcome.WITHHELD),
        (("'GBP'", "'eur '"), "EUR", DeliveryOutcome.THERE),
        (("'GBP'", "NULL"), "EUR", DeliveryOutcome.THERE),
        (("'GBP'", "''"), "EUR", DeliveryOutcome.THERE),
        (("'GBP'",), "", DeliveryOutcome.WITHHELD),
    ],
    ids=["no store", "another", "one of them", "not filled", "empty", "unknown"],
)
def test_spend_in_a_currency_of_no_store_is_not_delivered(
    sink: WabSpendSink, new_dashboard: DashboardDatabase, of_stores: tuple[str, ...], currency: str, outcome: DeliveryOutcome
) -> None:
    new_dashboard.do("ALTER TABLE stores ADD COLUMN currency varchar(10)")
    for one in of_stores:
        new_dashboard.do(
            "INSERT INTO stores (user_id, api_key, access_token, currency)"
            " SELECT id, 'secret', 'secret', its_currency FROM users".replace("its_currency", one)
        )
    report = deliver(sink, spent(currency=currency))
    assert report.outcome is DeliveryOutcome.CONFLICT, "it may not be read"
    new_dashboard.do("GRANT SELECT (user_id, currency) ON stores TO {role}")
    report = deliver(sink, spent(currency=currency))
    assert report.outcome is outcome
    assert (new_dashboard.spend_of(OURS) == {}) is (outcome is DeliveryOutcome.WITHHELD)
    if outcome is DeliveryOutcome.WITHHELD:
        assert "GBP" in (report.difference or "")


def test_currencies_that_may_not_be_read_are_a_lack_with_its_remedy(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase
) -> None:
    new_dashboard.do("ALTER TABLE stores ADD COLUMN currency varchar(10)")
    [lack] = altered.lacks()
    new_dashboard.do(lack.line.rpartition(": ")[2])
    assert altered.lacks() == []


def test_a_column_that_others_have_to_fill_is_told_with_the_tables_name(
    sink: WabSpendSink, altered: WabConnectionMirror, new_dashboard: DashboardDatabase
) -> None:
    new_dashboard.do("ALTER TABLE ad_spend ADD COLUMN source text NOT NULL")
    report = deliver(sink, spent())
    assert report.outcome is DeliveryOutcome.CONFLICT
    assert "ALTER TABLE ad_spend ALTER COLUMN source" in (report.difference or "")
    assert ["ad_spend.source" in lack.line for lack in altered.lacks()] == [True]


def test_rows_of_other_days_and_connections_stay(sink: WabSpendSink, new_dashboard: DashboardDatabase) -> None:
    new_dashboard.put(replace(an_old_row(), account=AdvertiserId("7000000000000000009"), spend=(str(DAY),)))
    sink.deliver(OURS, lambda _: DaysToDeliver(ANNA, SHOP, {DAY - timedelta(days=1): (spent(),)}))
    deliver(sink, spent())
    deliver(sink)
    assert len(new_dashboard.ask("SELECT 1 FROM ad_spend")) == 2


def test_many_campaigns_go_in_together(sink: WabSpendSink, new_dashboard: DashboardDatabase) -> None:
    rows = [DeliveredRow(str(number), "Spring", Decimal("0.01"), 1, 0, "GBP") for number in range(2500)]
    deliver(sink, *rows)
    assert new_dashboard.ask("SELECT count(*), sum(spend) FROM ad_spend") == [(2500, Decimal("25.00"))]


def test_every_statement_concerns_tiktoks_rows_alone(sink: WabSpendSink) -> None:
    statements = list[str]()
    event.listen(sink.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    deliver(sink, spent())
    deliver(sink)
    sink.compare(OURS, DaysToDeliver(ANNA, SHOP, {DAY: ()}))
    theirs = [one for one in statements if "ad_platform_connections" in one or "ad_spend" in one]
    assert {one.split()[0] for one in theirs} == {"SELECT", "INSERT", "DELETE"}
    assert [one for one in theirs if "platform = 'tiktok_ads'" not in one] == []
