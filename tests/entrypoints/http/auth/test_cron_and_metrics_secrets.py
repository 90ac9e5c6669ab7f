from __future__ import annotations

import pytest

from domain.tokens import Secret
from entrypoints.http.auth.cron_and_metrics_secrets import bearer_matches

SECRET = Secret("the-schedulers-secret")


def test_one_secret_is_compared_as_a_bearer_token() -> None:
    assert bearer_matches("Bearer the-schedulers-secret", SECRET)
    assert not bearer_matches("Bearer the-janitors-secret", SECRET)


@pytest.mark.parametrize(
    "header",
    (
        None,
        "",
        "Bearer",
        "Bearer ",
        "the-schedulers-secret",
        "Basic the-schedulers-secret",
        "Bearer the-schedulers-secre",
        "Bearer the-schedulers-secrets",
        "Bearer the-schedulers-secret x",
        "Bearer the-schedulers-secret, Bearer x",
        "Bearer scheduler:the-schedulers-secret",
        "Bearer \udcff\xe9",
    ),
)
def test_nothing_else_is_that_secret(header: str | None) -> None:
    assert not bearer_matches(header, SECRET)


def test_an_empty_secret_never_matches_an_empty_token() -> None:
    assert not bearer_matches("Bearer ", Secret(""))
