"""The sink of an installation without a dashboard's database: it delivers nowhere."""

from collections.abc import Callable

from application.ports.connection_mirror import MirrorUnavailable
from application.ports.spend_sink import DeliveryReport
from domain.delivered_spend import DaysToDeliver
from domain.ids import ConnectionId
from domain.mirror_look import MirrorIdentity


class NullSpendSink:
    """Says that it is not configured; whoever asks it for more all the same is told that it is away."""

    configured = False

    def deliver(self, connection: ConnectionId, days: Callable[[MirrorIdentity], DaysToDeliver | None]) -> DeliveryReport:
        raise MirrorUnavailable("not configured")

    def compare(self, connection: ConnectionId, days: DaysToDeliver) -> DeliveryReport:
        raise MirrorUnavailable("not configured")
