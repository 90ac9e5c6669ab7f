"""The one place that knows both the container and Litestar: a closure around each provider, by the provider's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar.di import Provide

from domain.errors import StoreUnavailable
from entrypoints.container import Container
from entrypoints.http.api.readiness import DEGRADED, OK, ReadinessChecks
from entrypoints.operations import check_keys, require_keys, require_schema, signs_of_life

USE_CASES = (
    "begin_connect",
    "complete_connect",
    "select_accounts",
    "rotate_grant",
    "sweep_due_grants",
    "clear_offers",
    "revoke_tokens",
    "vend_token",
    "disconnect",
    "list_connections",
)
AMBIENT = ("clock", "nonces", "settings", "policy", "fleet")


def provided(container: Container) -> dict[str, Provide]:
    """The container's use-cases, and what else handlers need of it, as dependencies."""
    return {name: giving(getattr(container, name)) for name in (*USE_CASES, *AMBIENT)}


def giving(provider: Callable[[], object]) -> Provide:
    """A dependency that is whatever this returns. Litestar refuses the container's providers as they are."""

    def provide() -> Any:  # noqa: ANN401 (each handler names the type that it gets)
        return provider()

    return Provide(provide, sync_to_thread=False)


def always(value: object) -> Provide:
    """A dependency that is this one thing."""
    return giving(lambda: value)


def readiness_checks_of(container: Container) -> ReadinessChecks:
    """What readiness looks at. Keys: that a sealed text opens again, and stored tokens do, as far as they can be had."""

    def keys() -> str:
        try:
            report = require_keys(container)
        except StoreUnavailable:
            report = check_keys(container, stored=False)
        return DEGRADED if report.absent or report.wrong else OK

    return ReadinessChecks(
        {
            "database": lambda: container.store().try_write(),
            "schema": lambda: require_schema(container.database()),
            "keys": keys,
            "broker": lambda: container.broker().check(),
            "beat": lambda: not signs_of_life(container).beat_is_missing,
            "journal": lambda: container.journal().check(),
            "identity": lambda: container.identity_watch().hold() is None,
        }
    )
