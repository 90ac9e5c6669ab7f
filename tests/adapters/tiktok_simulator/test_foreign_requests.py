"""What pages of other sites can have a browser do to the simulator: nothing."""

from __future__ import annotations

import httpx
import pytest

from adapters.tiktok_simulator.server import running_simulator

FORM = {"user": "chloe", "decision": "deny"}


@pytest.mark.parametrize("host", ("evil.example", "127.0.0.1.evil.example", "simulator:9000", "10.0.0.7", "["))
def test_by_another_name_nothing_is_answered(host: str) -> None:
    with running_simulator() as tiktok:
        for method, path in (("GET", "/"), ("GET", "/_sim/log"), ("POST", "/_sim/reset"), ("GET", "/open_api/v1.3/user/info/")):
            answer = httpx.request(method, f"{tiktok.url}{path}", headers={"Host": host})
            assert (answer.status_code, "localhost" in answer.json()["error"]) == (421, True)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    (
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "http://localhost:3000"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, False),
    ),
    ids=str,
)
def test_no_page_of_another_site_clicks_on_the_consent_page(headers: dict[str, str], allowed: bool) -> None:
    with running_simulator() as tiktok:
        answer = httpx.post(f"{tiktok.url}/portal/auth", data=FORM, headers=headers)
        assert (answer.status_code != 403) is allowed
        reading = httpx.get(f"{tiktok.url}/", headers={"Sec-Fetch-Site": "cross-site"})
        assert reading.status_code == 200, "people come from the dashboard"
