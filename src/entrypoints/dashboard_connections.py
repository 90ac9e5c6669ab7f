"""Ending what a process has open to the dashboard's database."""

from typing import Protocol, runtime_checkable

from entrypoints.container import Container


@runtime_checkable
class Disposable(Protocol):
    """An adapter with connections of its own. Those for no dashboard have none."""

    def dispose(self) -> None:
        """Close them; the next use makes new ones."""


def close_dashboard_connections(container: Container) -> None:
    """At the end of a process, or of an application in it."""
    for adapter in (container.connection_mirror(), container.spend_sink(), container.orders()):
        if isinstance(adapter, Disposable):
            adapter.dispose()
