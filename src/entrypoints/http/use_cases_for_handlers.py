"""How handlers get their use-cases from the container: a closure around each provider, which Litestar injects by its name."""

from collections.abc import Callable
from typing import Any

from litestar.di import Provide

from entrypoints.container import Container

USE_CASES = (
    "begin_connect",
    "complete_connect",
    "abandon_consent",
    "select_accounts",
    "rotate_grant",
    "sweep_due_grants",
    "clear_offers",
    "revoke_tokens",
    "import_spend",
    "deliver_events",
    "vend_token",
    "disconnect",
    "erase_user",
    "remove_left_over_row",
    "list_connections",
    "list_spend_lines",
    "show_imports",
    "find_owner",
    "show_spend",
)
AMBIENT = ("audit_batch", "clock", "nonces", "settings", "policy", "metrics")


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
