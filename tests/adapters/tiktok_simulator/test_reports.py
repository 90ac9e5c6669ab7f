"""Campaigns and reports: data that hangs together, under TikTok's rules."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.tiktok_simulator.advertisers import Advertiser
from adapters.tiktok_simulator.campaigns.catalogue import DELETED, campaigns_of
from adapters.tiktok_simulator.campaigns.figures import figures_of, share_known
from support.simulated_app import WireApp

REPORT = "/report/integrated/get/"
NEW_YORK, TOKYO = "7000000000000001000", "7000000000000001003"
PLAN = {
    "advertiserId": NEW_YORK,
    "campaigns": [
        {"campaign_id": "11", "campaign_name": "One", "spendPerDay": 12.5, "impressionsPerDay": 1000, "clicksPerDay": 20},
        {"campaign_id": "12", "campaign_name": "Two", "status": "CAMPAIGN_STATUS_DELETE", "spendPerDay": "3.10"},
    ],
    "days": {"2026-11-01": {"11": {"spend": "1.00", "clicks": 3, "conversion": None, "complete_payment": "<5"}}},
    "inNoCampaign": {"2026-11-02": 7.25},
}
ALL = [{"field_name": "campaign_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}]


class Ads:
    """Ana's app at a simulator whose clock says what it likes; the plan's days are past."""

    def __init__(self, wire: WireApp) -> None:
        self.wire, self.token = wire, wire.connect("ana")["access_token"]

    def get(self, endpoint: str, **query: object) -> dict[str, Any]:
        envelope: dict[str, Any] = self.wire.ads(endpoint, self.token, **{"advertiser_id": NEW_YORK, **query}).json()
        return envelope

    def report(self, **query: object) -> dict[str, Any]:
        usual = {
            "report_type": "BASIC",
            "data_level": "AUCTION_CAMPAIGN",
            "dimensions": ["campaign_id", "stat_time_day"],
            "metrics": ["spend", "impressions", "clicks", "campaign_name", "currency"],
            "start_date": "2026-11-01",
            "end_date": "2026-11-03",
            "page_size": 1000,
        }
        return self.get(REPORT, **(usual | query))

    def rows(self, **query: object) -> dict[tuple[str, ...], dict[str, str]]:
        envelope = self.report(**query)
        assert envelope["code"] == 0, envelope
        return {tuple(row["dimensions"].values()): row["metrics"] for row in envelope["data"]["list"]}


@pytest.fixture
def ads(wire: WireApp) -> Ads:
    made = Ads(wire)
    assert wire.sim("campaigns", PLAN).status_code == 200
    return made


def test_a_report_tells_exactly_what_the_plan_says(ads: Ads) -> None:
    assert ads.rows(metrics=["spend", "clicks", "conversion", "complete_payment", "campaign_name"], filtering=ALL) == {
        ("11", "2026-11-01 00:00:00"): {
            "spend": "1.00", "clicks": "3", "conversion": "-", "complete_payment": "<5", "campaign_name": "One",
        },
        **{
            ("11", f"2026-11-0{day} 00:00:00"): {
                "spend": "12.50", "clicks": "20", "conversion": "0", "complete_payment": "0", "campaign_name": "One",
            }
            for day in (2, 3)
        },
        **{
            ("12", f"2026-11-0{day} 00:00:00"): {
                "spend": "3.10", "clicks": "0", "conversion": "0", "complete_payment": "0", "campaign_name": "Two",
            }
            for day in (2, 3)
        },
    }  # fmt: skip


def test_deleted_campaigns_are_hidden_unless_all_are_asked_for(ads: Ads) -> None:
    assert {key[0] for key in ads.rows()} == {"11"}
    assert {key[0] for key in ads.rows(filtering=ALL)} == {"11", "12"}
    assert {one["campaign_id"] for one in ads.get("/campaign/get/")["data"]["list"]} == {"11"}
    every = ads.get("/campaign/get/", filtering={"primary_status": "STATUS_ALL"})["data"]["list"]
    assert {one["campaign_id"]: one["operation_status"] for one in every} == {"11": "ENABLE", "12": "DELETE"}


def test_the_account_is_an_independent_control_total_and_has_what_is_in_no_campaign(ads: Ads) -> None:
    by_campaign = ads.rows(filtering=ALL)
    account = ads.rows(data_level="AUCTION_ADVERTISER", dimensions=["stat_time_day"], metrics=["spend", "cash_spend"])
    for day, extra in (("2026-11-01", 0), ("2026-11-02", Decimal("7.25")), ("2026-11-03", 0)):
        campaigns = sum(Decimal(row["spend"]) for key, row in by_campaign.items() if key[1].startswith(day))
        assert Decimal(account[f"{day} 00:00:00",]["spend"]) == campaigns + extra
    lifetime = ads.rows(
        data_level="AUCTION_ADVERTISER", dimensions=["advertiser_id"], metrics=["spend"], query_lifetime="true", start_date=""
    )
    assert Decimal(lifetime[NEW_YORK,]["spend"]) > 1_000


def test_days_alone_are_told_beside_the_seeded_campaigns(ads: Ads) -> None:
    ads.wire.sim("campaigns", {"advertiserId": NEW_YORK, "days": {"2026-11-01": {"summer": {"spend": 4}}}})
    assert ads.rows(metrics=["spend"], end_date="2026-11-01") == {("summer", "2026-11-01 00:00:00"): {"spend": "4.00"}}
    assert len({key[0] for key in ads.rows()}) > 1


def test_ad_groups_ads_hours_and_audiences_add_up_to_their_campaign(ads: Ads) -> None:
    def total(level: str, *dimensions: str, kind: str = "BASIC", days: str = "2026-11-02") -> tuple[Decimal, int]:
        rows = ads.rows(
            data_level=level, dimensions=dimensions, metrics=["spend", "clicks"], start_date=days, end_date=days, report_type=kind
        ).values()
        return sum(Decimal(row["spend"]) for row in rows), sum(int(row["clicks"]) for row in rows)  # type: ignore[return-value]

    whole = (Decimal("12.50"), 20)
    assert total("AUCTION_CAMPAIGN", "campaign_id", "stat_time_day") == whole
    assert total("AUCTION_ADGROUP", "adgroup_id", "stat_time_day") == whole
    assert total("AUCTION_AD", "ad_id", "stat_time_day") == whole
    assert total("AUCTION_AD", "ad_id", "stat_time_hour") == whole
    assert total("AUCTION_AD", "ad_id", "stat_time_day", "gender", "age", kind="AUDIENCE") == whole
    groups = ads.get("/adgroup/get/")["data"]["list"]
    listed = ads.get("/ad/get/", page_size=100)["data"]["list"]
    assert {one["campaign_id"] for one in groups} == {"11"}
    assert {one["adgroup_id"] for one in listed} == {one["adgroup_id"] for one in groups}


@pytest.mark.parametrize(
    ("query", "message"),
    (
        ({"end_date": "2026-12-01"}, "span"),
        ({"start_date": "2026-11-04"}, "span"),
        ({"dimensions": ["campaign_id", "stat_time_hour"]}, "span"),
        ({"dimensions": ["campaign_id"], "end_date": "2027-12-01"}, "span"),
        ({"start_date": "1 November"}, "dates"),
        ({"page_size": 1001}, "page_size"),
        ({"page": 0}, "page"),
        (
            {"metrics": ["spend", "made_up", "total_complete_payment_value"]},
            "Invalid metric fields: ['made_up', 'total_complete_payment_value']",
        ),
        ({"metrics": ["spend"] * 101}, "at most 100"),
        ({"metrics": ["adgroup_name"]}, "Invalid metric fields: ['adgroup_name']"),
        ({"metrics": ["cash_spend"]}, "Invalid metric fields: ['cash_spend']"),
        ({"dimensions": ["stat_time_day"]}, "campaign_id"),
        ({"dimensions": ["ad_id", "stat_time_day"]}, "campaign_id"),
        ({"dimensions": ["campaign_id", "stat_time_day", "stat_time_hour"], "end_date": "2026-11-01"}, "one time dimension"),
        ({"dimensions": ["campaign_id", "mood"]}, "Invalid dimension fields: ['mood']"),
        ({"dimensions": []}, "dimension"),
        ({"report_type": "WEEKLY"}, "report_type"),
        ({"data_level": "AUCTION_MOOD"}, "data_level"),
        ({"order_field": "campaign_name"}, "order_field"),
        ({"filtering": {"campaign_status": "STATUS_ALL"}}, "filtering"),
        ({"filtering": [{"field_name": "mood", "filter_type": "IN", "filter_value": "[]"}]}, "filtering"),
        ({"filtering": "["}, "filtering"),
        ({"query_lifetime": "true"}, "query_lifetime"),
        ({"advertiser_ids": [NEW_YORK] * 6}, "at most 5"),
    ),
)
def test_a_report_that_breaks_a_rule_is_refused_with_40002(ads: Ads, query: dict[str, object], message: str) -> None:
    answer = ads.report(**query)
    assert (answer["code"], message in answer["message"]) == (40002, True), answer["message"]


def test_an_account_out_of_reach_is_refused_with_40001(ads: Ads) -> None:
    for endpoint in (REPORT, "/campaign/get/", "/gmv_max/store/list/"):
        assert ads.get(endpoint, advertiser_id="7000000000000002000")["code"] == 40001
    assert ads.get("/campaign/get/", advertiser_id="")["code"] == 40002


def test_pages_add_up_and_say_how_many_there_are(ads: Ads) -> None:
    whole = ads.report(filtering=ALL, enable_total_metrics="true")["data"]
    pages = [ads.report(filtering=ALL, page=page, page_size=2)["data"] for page in (1, 2, 3, 4)]
    assert [len(page["list"]) for page in pages] == [2, 2, 1, 0]
    assert [row for page in pages for row in page["list"]] == whole["list"]
    assert {(page["page_info"]["total_number"], page["page_info"]["total_page"]) for page in pages} == {(5, 3)}
    assert Decimal(whole["total_metrics"]["spend"]) == sum(Decimal(row["metrics"]["spend"]) for row in whole["list"])
    ordered = ads.report(filtering=ALL, order_field="spend", order_type="ASC")["data"]["list"]
    assert [row["metrics"]["spend"] for row in ordered] == ["1.00", "3.10", "3.10", "12.50", "12.50"]


def test_rows_move_between_pages_where_that_is_asked_for(ads: Ads) -> None:
    ads.wire.sim("config", {"movingRows": True})
    days = {"start_date": "2026-10-06", "end_date": "2026-11-03"}
    keys = [
        tuple(row["dimensions"].values())
        for page in (1, 2, 3)
        for row in ads.report(filtering=ALL, page=page, page_size=20, **days)["data"]["list"]
    ]
    assert len(set(keys)) < len(keys)
    ordered = [
        tuple(row["dimensions"].values())
        for page in (1, 2, 3)
        for row in ads.report(filtering=ALL, page=page, page_size=20, order_field="spend", **days)["data"]["list"]
    ]
    assert len(set(ordered)) == len(ordered)


def test_a_report_is_cut_and_says_so_unless_campaigns_are_named(ads: Ads) -> None:
    ads.wire.sim("campaigns", {**PLAN, "cutAds": True})
    query: dict[str, object] = {
        "advertiser_id": NEW_YORK,
        "report_type": "BASIC",
        "data_level": "AUCTION_CAMPAIGN",
        "metrics": ["spend"],
    }
    query |= {"dimensions": ["campaign_id"], "start_date": "2026-11-02", "end_date": "2026-11-02", "filtering": ALL}
    cut = ads.wire.ads(REPORT, ads.token, **query)
    assert cut.json()["code"] == 0
    assert "20k" in cut.headers["X-Tt-Ads-Throttle"]
    assert cut.json()["data"]["extra_info"] == {"search_ads_throttle": True}
    assert sum(Decimal(row["metrics"]["spend"]) for row in cut.json()["data"]["list"]) < Decimal("15.60")
    named = [*ALL, {"field_name": "campaign_ids", "filter_type": "IN", "filter_value": '["11", "12"]'}]
    whole = ads.wire.ads(REPORT, ads.token, **{**query, "filtering": named})
    assert "X-Tt-Ads-Throttle" not in whole.headers
    assert sum(Decimal(row["metrics"]["spend"]) for row in whole.json()["data"]["list"]) == Decimal("15.60")
    account = ads.wire.ads(REPORT, ads.token, **{**query, "data_level": "AUCTION_ADVERTISER", "dimensions": ["advertiser_id"]})
    assert "X-Tt-Ads-Throttle" not in account.headers


def test_a_report_by_a_task_takes_its_time_and_is_whole(ads: Ads) -> None:
    ads.wire.sim("campaigns", {**PLAN, "cutAds": True})
    body = {
        "advertiser_id": NEW_YORK, "report_type": "BASIC", "data_level": "AUCTION_CAMPAIGN", "metrics": ["spend"],
        "filtering": ALL, "dimensions": ["campaign_id", "stat_time_day"], "start_date": "2026-11-02", "end_date": "2026-11-02",
    }  # fmt: skip
    created = ads.wire.client.post(
        f"{ads.wire.tiktok.api_url}/report/task/create/", json=body, headers={"Access-Token": ads.token}
    ).json()
    task = created["data"]["task_id"]
    assert ads.get("/report/task/download/", task_id=task)["code"] == 40002
    states = [ads.get("/report/task/check/", task_id=task)["data"]["status"] for _ in range(4)]
    assert states == ["QUEUING", "PROCESSING", "SUCCESS", "SUCCESS"]
    file = ads.wire.ads("/report/task/download/", ads.token, advertiser_id=NEW_YORK, task_id=task)
    assert file.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert {row["campaign_id"]: row["spend"] for row in rows} == {"11": "12.50", "12": "3.10"}
    assert ads.get("/report/task/check/", task_id="7")["code"] == 40002


def test_several_accounts_at_once_have_money_without_decimals(ads: Ads) -> None:
    rows = ads.rows(
        advertiser_ids=[NEW_YORK, TOKYO], data_level="AUCTION_ADVERTISER", dimensions=["advertiser_id"], metrics=["spend"]
    )
    assert set(rows) == {(NEW_YORK,), (TOKYO,)}
    assert all("." not in row["spend"] for row in rows.values())


def test_gmv_max_is_in_its_own_report_alone(ads: Ads) -> None:
    store = {
        "store_id": "77", "store_name": "Shop",
        "campaigns": [{"campaign_id": "99", "costPerDay": "10", "ordersPerDay": 4, "grossRevenuePerDay": "55.5"}],
    }  # fmt: skip
    closed = {"store_id": "78", "is_gmv_max_available": False}
    ads.wire.sim("campaigns", {**PLAN, "gmvMaxStores": [store, closed]})
    listed = ads.get("/gmv_max/store/list/")["data"]["store_list"]
    assert [(one["store_id"], one["is_gmv_max_available"]) for one in listed] == [("77", True), ("78", False)]
    query = {
        "store_ids": ["77"], "dimensions": ["campaign_id", "stat_time_day"],
        "metrics": ["cost", "orders", "gross_revenue", "roi"], "start_date": "2026-11-01", "end_date": "2026-11-02",
    }  # fmt: skip
    rows = ads.get("/gmv_max/report/get/", **query)["data"]["list"]
    assert [row["metrics"] for row in rows] == [{"cost": "10.00", "orders": "4", "gross_revenue": "55.50", "roi": "5.55"}] * 2
    assert all(row["dimensions"]["campaign_id"] == "99" for row in rows)
    assert "99" not in {key[0] for key in ads.rows(filtering=ALL)}
    for wrong in ({"store_ids": ["77", "78"]}, {"store_ids": ["78"]}, {"metrics": ["spend"]}, {"dimensions": ["mood"]}):
        assert ads.get("/gmv_max/report/get/", **(query | wrong))["code"] == 40002


@pytest.mark.parametrize(
    "wrong",
    (
        {"campaigns": []},
        {"advertiserId": NEW_YORK, "campaigns": [{"campaign_id": ""}]},
        {"advertiserId": NEW_YORK, "campaigns": [{"campaign_id": "1"}, {"campaign_id": "1"}]},
        {"advertiserId": NEW_YORK, "days": {"yesterday": {}}},
        {"advertiserId": NEW_YORK, "spend": 1},
    ),
)
def test_a_plan_that_makes_no_sense_is_400(ads: Ads, wrong: dict[str, object]) -> None:
    assert ads.wire.sim("campaigns", wrong).status_code == 400


# the seeded model


def test_the_seeded_accounts_have_campaigns_that_hang_together(wire: WireApp) -> None:
    ads = Ads(wire)
    today = wire.tiktok.machine.clock.now().date()
    days = {"start_date": f"{today - timedelta(days=31)}", "end_date": f"{today - timedelta(days=2)}"}
    rows = ads.rows(filtering=ALL, metrics=["spend", "impressions", "clicks", "secondary_goal_result", "ctr"], **days)
    assert rows == ads.rows(filtering=ALL, metrics=["spend", "impressions", "clicks", "secondary_goal_result", "ctr"], **days)
    every = ads.get("/campaign/get/", filtering={"secondary_status": "CAMPAIGN_STATUS_ALL"}, page_size=1000)["data"]["list"]
    assert {key[0] for key in rows} <= {one["campaign_id"] for one in every}
    assert any(one["operation_status"] == "DELETE" for one in every)
    assert all(int(row["clicks"]) <= int(row["impressions"]) for row in rows.values())
    assert {row["secondary_goal_result"] for row in rows.values()} == {"-"}
    assert all(Decimal(row["spend"]).as_tuple().exponent == -2 for row in rows.values())
    yen = ads.rows(advertiser_id=TOKYO, filtering=ALL, **days)
    assert all("." not in row["spend"] for row in yen.values())
    assert any(int(row["spend"]) for row in yen.values())


def test_a_sale_is_deleted_in_the_middle_of_its_month_and_spends_nothing_after() -> None:
    account = Advertiser(advertiser_id=NEW_YORK, name="Shoes", timezone="America/New_York")
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    sale = next(one for one in campaigns_of(account, None, now.date()) if one.campaign_name == "Sale 2026-11")
    days = [sale.since + timedelta(days=place) for place in range(27)]
    spent = [day.day for day in days if figures_of(account, None, sale, day, now)]
    assert sale.status == DELETED
    assert 0 < len(spent) <= 15
    assert max(spent) <= 15


def test_a_day_is_the_accounts_own_and_moves_until_noon_of_the_next() -> None:
    account = Advertiser(advertiser_id=NEW_YORK, name="Shoes", timezone="Asia/Tokyo")
    day = datetime(2026, 11, 10, tzinfo=UTC).date()

    def known(at: int, hour: int) -> Decimal:
        return share_known(account, day, datetime(2026, 11, at, hour, tzinfo=UTC))

    assert known(9, 15) == 0, "midnight in Tokyo is 15:00 UTC of the day before"
    assert 0 < known(9, 18) < known(10, 3) < known(10, 16)
    assert known(10, 16) == known(11, 11) == Decimal("0.985")
    assert known(11, 12) == 1


def test_people_and_their_token(wire: WireApp) -> None:
    ads = Ads(wire)
    told = ads.get("/user/info/")["data"]
    assert (told["display_name"], len(told["core_user_id"]), told["avatar_url"]) == ("ana", 19, None)
