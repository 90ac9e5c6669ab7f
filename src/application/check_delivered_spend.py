"""Compare the dashboard's spend with ours for an operator, account by account. Nothing is changed."""

from dataclasses import dataclass, field

from application.ports.spend_deliveries import SpendDeliveries, VersionedDay
from application.ports.spend_sink import DeliveryOutcome, SpendSink
from application.ports.spend_store import SpendAccount
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.delivered_spend import DaysToDeliver, delivered_rows
from domain.ids import ConnectionId

MOST_ROWS = 500
"""How much is looked at of what is not delivered yet: enough to say why."""


@dataclass(slots=True)
class SpendDifferences:
    """By connection."""

    different: dict[ConnectionId, int] = field(default_factory=dict)
    """How many days are not there as they were delivered."""
    hindered: dict[ConnectionId, str] = field(default_factory=dict)
    """Why days are not delivered: unlike currencies, what does not fit, a row that is not as we wrote it."""
    waiting: int = 0
    """Connections with days that are still to be delivered, and nothing in the way."""


@dataclass(frozen=True, slots=True)
class CheckDeliveredSpend:
    """It reads all spend of every account that is shown there: a command's work, and not a probe's."""

    spend_sink: SpendSink
    spend_deliveries: SpendDeliveries
    store: StoreOfAllOwners

    def __call__(self) -> SpendDifferences:
        """Raises MirrorUnavailable, StoreUnavailable."""
        differences = SpendDifferences()
        if not self.spend_sink.configured:
            return differences
        with self.store.read() as work:
            shown = [connection for connection in work.mirror.connections() if connection.missing_since is None]
        waiting = set(self.spend_deliveries.accounts())
        for connection in shown:
            account = SpendAccount(connection.owner, connection.account)
            if account in waiting:
                self._look_at_waiting(connection.connection, account, differences)
            if delivered := self.spend_deliveries.delivered(account):
                report = self.spend_sink.compare(connection.connection, to_deliver(account, delivered))
                if number := len(report.different):
                    differences.different[connection.connection] = number
        return differences

    def _look_at_waiting(self, connection: ConnectionId, account: SpendAccount, differences: SpendDifferences) -> None:
        days = self.spend_deliveries.undelivered(account, most_rows=MOST_ROWS)
        report = self.spend_sink.compare(connection, to_deliver(account, days))
        why = report.difference or next((f"{day}: {line}" for day, line in sorted(report.refused.items())), None)
        if why is not None:
            differences.hindered[connection] = why
        elif report.outcome is DeliveryOutcome.THERE:
            differences.waiting += 1


def to_deliver(account: SpendAccount, days: list[VersionedDay]) -> DaysToDeliver:
    """Days as they are delivered."""
    return DaysToDeliver(account.owner, account.account, {one.day: delivered_rows(one.rows) for one in days})
