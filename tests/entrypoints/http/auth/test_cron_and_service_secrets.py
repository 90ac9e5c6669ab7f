from __future__ import annotations

import pytest

from domain.tokens import Secret
from entrypoints.http.auth.cron_and_service_secrets import authenticate_service, bearer_matches
from entrypoints.settings import Scope, Service

SECRET = Secret("the-importers-secret")
IMPORTER = Service.of("importer", SECRET, {Scope.VEND})
JANITOR = Service.of("janitor", Secret("the-janitors-secret"), {Scope.VEND, Scope.ERASE})
JANITOR_OLD = Service.of("janitor", Secret("the-janitors-old-secret"), {Scope.ERASE})
SERVICES = (IMPORTER, JANITOR, JANITOR_OLD)


def test_a_service_is_known_by_its_secret() -> None:
    assert authenticate_service("Bearer the-importers-secret", SERVICES) is IMPORTER
    assert authenticate_service("bearer the-janitors-secret", SERVICES) is JANITOR
    assert authenticate_service("Bearer the-janitors-old-secret", SERVICES) is JANITOR_OLD


@pytest.mark.parametrize(
    "header",
    (
        None,
        "",
        "Bearer",
        "Bearer ",
        "the-importers-secret",
        "Basic the-importers-secret",
        "Bearer the-importers-secre",
        "Bearer the-importers-secrets",
        "Bearer the-importers-secret x",
        "Bearer the-importers-secret, Bearer x",
        "Bearer importer:the-importers-secret",
        "Bearer \udcff\xe9",
    ),
)
def test_nothing_else_is_a_service(header: str | None) -> None:
    assert authenticate_service(header, SERVICES) is None
    assert not bearer_matches(header, SECRET)


def test_without_services_nobody_is_one() -> None:
    assert authenticate_service("Bearer the-importers-secret", ()) is None


def test_an_empty_secret_never_matches_an_empty_token() -> None:
    hollow = Service.of("hollow", Secret(""), {Scope.VEND})
    assert authenticate_service("Bearer ", (hollow,)) is None
    assert authenticate_service(None, (hollow,)) is None
    assert not bearer_matches("Bearer ", Secret(""))


def test_one_secret_is_compared_as_a_bearer_token() -> None:
    assert bearer_matches("Bearer the-importers-secret", SECRET)
    assert not bearer_matches("Bearer the-janitors-secret", SECRET)
