"""Spend delivered into a dashboard's database in memory."""

from collections.abc import Callable
from dataclasses import replace

from adapters.memory.connection_mirror import MemoryConnectionMirror
from application.ports.spend_sink import DeliveryOutcome, DeliveryReport
from domain.delivered_spend import DaysToDeliver, why_withheld
from domain.ids import ConnectionId
from domain.mirror_look import MirrorIdentity


class MemorySpendSink:
    """Writes days under the rows of a mirror in memory, one after the other with what that does."""

    configured = True

    def __init__(self, mirror: MemoryConnectionMirror) -> None:
        self.mirror, self.dashboard = mirror, mirror.dashboard

    def deliver(self, connection: ConnectionId, days: Callable[[MirrorIdentity], DaysToDeliver | None]) -> DeliveryReport:
        with self.mirror.turn(connection):
            desired = days(self.mirror.identity())
            if desired is None:
                return DeliveryReport(DeliveryOutcome.LEFT)
            with self.mirror.changing():
                report = self._compared(connection, desired)
                if report.different:
                    row = self.dashboard.rows[connection]
                    new = {day: tuple(sorted(desired.days[day])) for day in report.different}
                    self.dashboard.rows[connection] = replace(row, figures={**row.figures, **new})
                return report

    def compare(self, connection: ConnectionId, days: DaysToDeliver) -> DeliveryReport:
        self.mirror.ask()
        with self.dashboard.lock:
            return self._compared(connection, days)

    def _compared(self, connection: ConnectionId, desired: DaysToDeliver) -> DeliveryReport:
        row = self.mirror.seen(connection)
        if row is None:
            return DeliveryReport(DeliveryOutcome.NO_ROW)
        if row.token or (row.owner, row.account) != (desired.owner, desired.account):
            return DeliveryReport(DeliveryOutcome.CONFLICT, "the row of the connection is not as we wrote it")
        if why := why_withheld(desired.currencies, self.dashboard.currencies.get(desired.owner, [])):
            return DeliveryReport(DeliveryOutcome.WITHHELD, why)
        decimals = self.dashboard.decimals
        refused = {
            day: f"an amount has more than {decimals} decimals"
            for day, rows in desired.days.items()
            if any(round(one.spend, decimals) != one.spend for one in rows)
        }
        fitting = {day: tuple(sorted(rows)) for day, rows in desired.days.items() if day not in refused}
        different = frozenset(day for day, rows in fitting.items() if row.figures.get(day, ()) != rows)
        return DeliveryReport(DeliveryOutcome.THERE, None, frozenset(fitting), different, refused)
