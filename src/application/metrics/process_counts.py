"""What this process counted and the store does not have yet."""

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.metrics import SUM, Counter, Histogram, Latest, MetricStore, Sample

FLUSH_EVERY = timedelta(seconds=5)
"""How often the counts go to the store. A process that is killed loses what it counted since."""


@dataclass(slots=True)
class ProcessCounts:
    """Keeps the promises of the port `Metrics`. Any number of threads may use it."""

    _counts: dict[Sample, float] = field(default_factory=lambda: defaultdict(float), init=False)
    _latest: dict[Sample, float] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def count(self, counter: Counter, *labels: str, by: float = 1.0) -> None:
        with self._lock:
            self._counts[counter.name, labels] += by

    def observe(self, histogram: Histogram, *labels: str, took: timedelta) -> None:
        seconds = took.total_seconds()
        with self._lock:
            self._counts[histogram.name, (*labels, histogram.bucket_of(seconds))] += 1
            self._counts[histogram.name, (*labels, SUM)] += seconds

    def note(self, latest: Latest, *labels: str, value: float) -> None:
        with self._lock:
            self._latest[latest.name, labels] = value

    def taken(self) -> tuple[dict[Sample, float], dict[Sample, float]]:
        """All that there is, which is counted here no more."""
        with self._lock:
            counts, latest = dict(self._counts), dict(self._latest)
            self._counts.clear()
            self._latest.clear()
        return counts, latest

    def give_back(self, counts: dict[Sample, float], latest: dict[Sample, float]) -> None:
        """The store would not take these."""
        with self._lock:
            for sample, value in counts.items():
                self._counts[sample] += value
            self._latest = latest | self._latest


@dataclass(slots=True)
class FlushCounts:
    """Bring the process's counts to the store every few seconds. What the store does not take is kept for the next time.

    Where the answer to a commit is lost, counts may be added twice: metrics are no accounts.
    """

    counts: ProcessCounts
    metric_store: MetricStore
    clock: Clock
    _flushed_at: timedelta | None = field(default=None, init=False)

    def __call__(self) -> None:
        """Flush, if it is time. Raises StoreUnavailable."""
        now = self.clock.monotonic()
        if self._flushed_at is None or now - self._flushed_at >= FLUSH_EVERY:
            self._flushed_at = now
            self.now()

    def now(self) -> None:
        """Flush at once. Raises StoreUnavailable."""
        counts, latest = self.counts.taken()
        if not counts and not latest:
            return
        stored = False
        try:
            self.metric_store.add(counts, latest)
            stored = True
        finally:
            if not stored:
                self.counts.give_back(counts, latest)
