from __future__ import annotations

import pytest

from domain.tokens import Secret
from entrypoints.http.auth.cron_and_service_secrets import authenticate_service, bearer_matches
from entrypoints.settings import Scope, Service

IMPORTER = Service("importer", Secret("the-importers-secret"), frozenset({Scope.VEND}))
JANITOR = Service("janitor", Secret("the-janitors-secret"), frozenset({Scope.VEND, Scope.ERASE}))
JANITOR_OLD = Service("janitor", Secret("the-janitors-old-secret"), frozenset({Scope.ERASE}))
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
    assert not bearer_matches(header, IMPORTER.secret)


def test_without_services_nobody_is_one() -> None:
    assert authenticate_service("Bearer the-importers-secret", ()) is None


def test_an_empty_secret_never_matches_an_empty_token() -> None:
    hollow = Service("hollow", Secret(""), frozenset({Scope.VEND}))
    assert authenticate_service("Bearer ", (hollow,)) is None
    assert authenticate_service(None, (hollow,)) is None
    assert not bearer_matches("Bearer ", hollow.secret)


def test_one_secret_is_compared_as_a_bearer_token() -> None:
    assert bearer_matches("Bearer the-importers-secret", IMPORTER.secret)
    assert not bearer_matches("Bearer the-janitors-secret", IMPORTER.secret)
