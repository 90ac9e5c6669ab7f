"""TikTok's own Python SDK at the simulator: exchange, accounts, details, campaigns and a report."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.tiktok_simulator.running_simulator import RunningSimulator

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*:DeprecationWarning", "ignore:.*:SyntaxWarning", "ignore:.*:PendingDeprecationWarning"
)


class Sdk:
    """TikTok's SDK, pointed at the simulator. What it returns is the envelope without its code; one that is not 0 it raises."""

    def __init__(self, tiktok: RunningSimulator) -> None:
        import business_api_client as sdk  # noqa: PLC0415 - its import warns under every Python

        self.tiktok, self.sdk = tiktok, sdk
        configuration = sdk.Configuration()
        configuration.host = tiktok.url
        self.client = sdk.ApiClient(configuration)

    def connect(self, user: str) -> Any:  # noqa: ANN401 - the SDK has no types
        body = self.sdk.Oauth2AccessTokenBody(
            app_id=self.tiktok.app_id, secret=self.tiktok.app_secret, auth_code=self.tiktok.control.code(user)
        )
        return self.sdk.AuthenticationApi(self.client).oauth2_access_token(body=body)["data"]

    def close(self) -> None:
        self.client.rest_client.pool_manager.clear()
        self.client.pool.close()
        self.client.pool.join()


@pytest.fixture
def sdk(tiktok: RunningSimulator) -> Iterator[Sdk]:
    made = Sdk(tiktok)
    yield made
    made.close()


def test_the_sdk_connects_and_reads_accounts_details_campaigns_and_a_report(tiktok: RunningSimulator, sdk: Sdk) -> None:
    data = sdk.connect("ana")
    token, ids = data["access_token"], data["advertiser_ids"]
    assert data["refresh_token"]
    listed = sdk.sdk.AuthenticationApi(sdk.client).oauth2_advertiser_get(tiktok.app_id, tiktok.app_secret, token)["data"]["list"]
    assert [one["advertiser_id"] for one in listed] == ids
    told = sdk.sdk.AccountManagementApi(sdk.client).advertiser_info(ids, token, fields=["advertiser_id", "currency", "timezone"])
    assert [one["currency"] for one in told["data"]["list"]] == ["USD", "EUR", "GBP", "JPY"]

    campaigns = sdk.sdk.CampaignCreationApi(sdk.client).campaign_get(ids[0], token, page_size=100)["data"]
    assert campaigns["page_info"]["total_number"] == len(campaigns["list"]) > 1
    last = tiktok.machine.clock.now().date() - timedelta(days=2)
    report = sdk.sdk.ReportingApi(sdk.client).report_integrated_get(
        "BASIC",
        token,
        advertiser_id=ids[0],
        data_level="AUCTION_CAMPAIGN",
        dimensions=["campaign_id", "stat_time_day"],
        metrics=["spend", "impressions", "campaign_name"],
        start_date=f"{last - timedelta(days=6)}",
        end_date=f"{last}",
        page_size=1000,
        enable_total_metrics=True,
    )["data"]
    spend = sum(Decimal(row["metrics"]["spend"]) for row in report["list"])
    assert spend == Decimal(report["total_metrics"]["spend"]) > 0
    named = {one["campaign_id"] for one in campaigns["list"]}
    assert {row["dimensions"]["campaign_id"] for row in report["list"]} <= named


def test_the_sdk_reads_a_refusal_in_tiktoks_envelope(sdk: Sdk) -> None:
    with pytest.raises(Exception, match="Error Code: 40105, message: Access token is incorrect or has been revoked") as refused:
        sdk.sdk.AccountManagementApi(sdk.client).advertiser_info(["7"], "no token of ours")
    assert type(refused.value).__name__ == "TiktokSDKError"
