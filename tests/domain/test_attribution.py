from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attribution import Campaign, CampaignDirectory, is_tiktok_order, is_tiktok_order_on_home_page
from domain.ids import CampaignId, OrderId
from domain.order import Attribution, Order
from support.builders import account
from support.plugin_orders import OTHERS, TIKTOKS, from_plugin


@pytest.mark.parametrize("document", TIKTOKS.values(), ids=TIKTOKS)
def test_an_order_is_tiktoks_where(document: dict[str, Any]) -> None:
    assert is_tiktok_order(Attribution.of(document))


@pytest.mark.parametrize("document", OTHERS.values(), ids=OTHERS)
def test_an_order_is_not_tiktoks_where(document: dict[str, Any]) -> None:
    assert not is_tiktok_order(Attribution.of(document))


def test_the_dashboards_home_page_looks_at_the_cookies_clicks_alone() -> None:
    by_cookie = from_plugin(ttclid="T-1", last_touch={"gclid": "G-1"})
    assert is_tiktok_order_on_home_page(Attribution.of(by_cookie))
    by_touch = from_plugin(ttclid="T-1", gclid="G-1", last_touch={"ttclid": "T-1"})
    assert not is_tiktok_order_on_home_page(Attribution.of(by_touch))


@pytest.mark.parametrize("document", ["no JSON", '{"ttclid": "T-1"}', 17, True, [], [{"ttclid": "T-1"}]])
def test_an_attribution_that_is_no_object_says_nothing_and_is_told(document: object) -> None:
    attribution = Attribution.of(document)
    assert not attribution.is_readable
    assert not is_tiktok_order(attribution)


def test_an_order_without_attribution_is_readable() -> None:
    assert Attribution.of(None) == Attribution()


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(from_plugin())), inner, max_size=5),
    max_leaves=12,
)


@given(json)
def test_no_json_stops_the_reading(document: object) -> None:
    attribution = Attribution.of(document)
    assert isinstance(is_tiktok_order(attribution), bool)
    assert isinstance(attribution.campaign, str)


@pytest.mark.parametrize(
    "parts", [{"ttclid": 5}, {"ttclid": {"a": 1}}, {"ttclid": " "}, {"last_touch": "T-1"}, {"multi_touch": 3}]
)
def test_values_of_another_kind_count_as_absent(parts: dict[str, Any]) -> None:
    assert not is_tiktok_order(Attribution.of(from_plugin(**parts)))


def ordered(campaign: object) -> Order:
    attribution = Attribution.of(from_plugin(utm={"utm_campaign": campaign}))
    return Order(OrderId("1"), datetime(2030, 3, 1, tzinfo=UTC), Decimal(10), "EUR", "completed", attribution)


def named(campaign: str, name: str, number: int = 1) -> tuple[Campaign, str]:
    return Campaign(account(number), CampaignId(campaign)), name


def test_a_campaign_is_found_by_its_id_first_then_by_exactly_its_name() -> None:
    directory = CampaignDirectory.of([named("11", "Spring"), named("12", "11"), named("11", "Spring"), named("13", "")])
    assert directory.campaign_of(ordered("11")) == Campaign(account(1), CampaignId("11"))
    assert directory.campaign_of(ordered("Spring")) == Campaign(account(1), CampaignId("11"))
    for unlike in ("spring", "Spring ads", "", None, ["11"], 11):
        assert directory.campaign_of(ordered(unlike)) is None, unlike


def test_a_name_that_two_campaigns_have_tells_none_of_them() -> None:
    directory = CampaignDirectory.of([named("11", "Spring"), named("12", "Spring", 2), named("11", "Spring")])
    assert directory.campaign_of(ordered("Spring")) is None
    assert directory.campaign_of(ordered("12")) == Campaign(account(2), CampaignId("12"))


@pytest.mark.parametrize(("status", "counts"), [("processing", True), ("completed", True), ("refunded", False), ("", False)])
def test_orders_that_were_paid_count(status: str, counts: bool) -> None:
    order = Order(OrderId("1"), datetime(2030, 3, 1, tzinfo=UTC), Decimal(10), "EUR", status, Attribution())
    assert order.counts is counts
