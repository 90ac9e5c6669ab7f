"""What is open to the dashboard's database is closed."""

from dependency_injector import providers

from entrypoints.dashboard_connections import close_dashboard_connections
from support.world import World


class Closes:
    def __init__(self) -> None:
        self.closed = 0

    def dispose(self) -> None:
        self.closed += 1


def test_every_adapter_of_the_dashboards_database_is_closed() -> None:
    container, adapters = World().container, [Closes(), Closes(), Closes()]
    container.connection_mirror.override(providers.Object(adapters[0]))
    container.spend_sink.override(providers.Object(adapters[1]))
    container.orders.override(providers.Object(adapters[2]))
    close_dashboard_connections(container)
    assert [adapter.closed for adapter in adapters] == [1, 1, 1]


def test_without_a_dashboard_there_is_nothing_to_close() -> None:
    close_dashboard_connections(World().container)
