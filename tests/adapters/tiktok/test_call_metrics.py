"""What the client of TikTok counts: each call, how long it took, and what it came to."""

from __future__ import annotations

import pytest

from adapters.tiktok.api_calls import endpoint_of
from adapters.tiktok.return_codes import TABLE, code_label


@pytest.mark.parametrize(
    ("url", "endpoint"),
    (
        ("https://tiktok.example/open_api/v1.3/oauth2/refresh_token/", "/oauth2/refresh_token/"),
        ("https://tiktok.example/open_api/v2.0/oauth2/access_token/?secret=x", "/oauth2/access_token/"),
        ("https://tiktok.example/open_api/v1.3/something/new/", "other"),
    ),
    ids=("refresh", "exchange", "unknown"),
)
def test_an_endpoint_is_the_path_without_version_and_query(url: str, endpoint: str) -> None:
    assert endpoint_of(url) == endpoint


def test_codes_are_labels_of_a_bounded_set() -> None:
    labels = {code_label(code) for codes in TABLE.values() for code in codes}
    assert len(labels) < 60
    assert {"40100", "40107", "50000", "backend"} <= labels
    assert {code_label(code) for code in (49_999, -1, 10**11)} == {"other"}
