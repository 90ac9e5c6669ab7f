from __future__ import annotations

import pytest

from domain.tokens import Secret
from entrypoints.http.auth.jwt_claims import WrongSecret
from entrypoints.http.auth.service_secrets_and_scopes import authenticate_service, require_scope
from entrypoints.http.exception_to_error_code import NotServed, ScopeMissing
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


def test_without_services_nobody_is_one() -> None:
    assert authenticate_service("Bearer the-importers-secret", ()) is None


def test_an_empty_secret_never_matches_an_empty_token() -> None:
    hollow = Service.of("hollow", Secret(""), {Scope.VEND})
    assert authenticate_service("Bearer ", (hollow,)) is None
    assert authenticate_service(None, (hollow,)) is None


def test_a_service_is_let_in_for_a_scope_that_it_has() -> None:
    assert require_scope("Bearer the-importers-secret", SERVICES, Scope.VEND) is IMPORTER


def test_a_service_without_the_scope_is_refused() -> None:
    with pytest.raises(ScopeMissing):
        require_scope("Bearer the-importers-secret", SERVICES, Scope.ERASE)


def test_whoever_is_no_service_is_refused() -> None:
    with pytest.raises(WrongSecret):
        require_scope("Bearer x", SERVICES, Scope.VEND)


def test_where_there_are_no_services_nothing_is_served() -> None:
    with pytest.raises(NotServed):
        require_scope("Bearer the-importers-secret", (), Scope.VEND)
