"""The counts of all processes together, in memory."""

from collections.abc import Mapping
from datetime import timedelta

from adapters.memory.database import MemoryDatabase
from application.ports.clock import Clock
from application.ports.metrics import REPORT_VALID, Sample

FORGOTTEN_AFTER = timedelta(days=1)


class MemoryMetricStore:
    """Counts in dictionaries, dated by the given clock."""

    def __init__(self, database: MemoryDatabase, *, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def add(self, counts: Mapping[Sample, float], latest: Mapping[Sample, float]) -> None:
        with self._database.lock:
            totals = self._database.answer().metric_totals
            for sample, value in counts.items():
                totals[sample] = totals.get(sample, 0.0) + value
            totals.update(latest)

    def totals(self) -> Mapping[Sample, float]:
        with self._database.lock:
            return dict(self._database.answer().metric_totals)

    def report(self, process: str, gauges: Mapping[Sample, float]) -> None:
        with self._database.lock:
            reports, now = self._database.answer().process_metrics, self._clock.now()
            reports[process] = (now, dict(gauges))
            for old in [name for name, (at, _) in reports.items() if at < now - FORGOTTEN_AFTER]:
                del reports[old]

    def withdraw(self, process: str) -> None:
        with self._database.lock:
            self._database.answer().process_metrics.pop(process, None)

    def reports(self) -> Mapping[str, Mapping[Sample, float]]:
        with self._database.lock:
            since = self._clock.now() - REPORT_VALID
            reports = self._database.answer().process_metrics
            return {name: gauges for name, (at, gauges) in sorted(reports.items()) if at >= since}
