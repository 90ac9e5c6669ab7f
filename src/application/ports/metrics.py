"""The ports for metrics: what processes count, and the store that adds their counts up and keeps what each says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

Labels = tuple[str, ...]
"""The values of a metric's labels, in the order of their names."""

Sample = tuple[str, Labels]
"""One number: the metric's name and the values of its labels."""

SUM = "sum"
"""In place of a bucket's bound: the seconds of all observations together."""

REPORT_VALID = timedelta(minutes=1)
"""How long what a process says of itself counts: processes say it every few seconds."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that all processes share. Label values that are known beforehand exist at zero from the first scrape."""

    name: str
    """Without the prefix and without the ending that Prometheus asks for."""
    meaning: str
    labels: tuple[str, ...] = ()
    known: tuple[Labels, ...] = ()


class Counter(Metric):
    """How often something happened since the database was made: it never goes back, also across restarts."""


class Latest(Metric):
    """What the process said that knew it last."""


class Gauge(Metric):
    """What each process says of itself every few seconds."""


@dataclass(frozen=True, slots=True)
class Histogram(Metric):
    """How long something took, in seconds; `buckets` are upper bounds, and longer ones count in a last bucket."""

    buckets: tuple[float, ...] = ()

    def bucket_of(self, seconds: float) -> str:
        """The bound under which an observation is counted."""
        return next((str(bound) for bound in self.buckets if seconds <= bound), "+Inf")


class Metrics(Protocol):
    """What a process counts. It costs no call: the counts go to the store together, every few seconds."""

    def count(self, counter: Counter, *labels: str, by: float = 1.0) -> None:
        """Add to a counter."""

    def observe(self, histogram: Histogram, *labels: str, took: timedelta) -> None:
        """Add an observation."""

    def note(self, latest: Latest, *labels: str, value: float) -> None:
        """Put this in the place of what was said before."""


class MetricStore(Protocol):
    """The counts of all processes together. All raise StoreUnavailable when the store is away."""

    def add(self, counts: Mapping[Sample, float], latest: Mapping[Sample, float]) -> None:
        """Add these to the counts, and put the latest in their places: all of it or, where this raises, nothing."""

    def totals(self) -> Mapping[Sample, float]:
        """All counts, and all that was said last."""

    def report(self, process: str, gauges: Mapping[Sample, float]) -> None:
        """Put what a process says of itself in the place of what it said before. Reports a day old are dropped."""

    def withdraw(self, process: str) -> None:
        """The process ends in order, and says nothing more."""

    def reports(self) -> Mapping[str, Mapping[Sample, float]]:
        """By process: what each said within `REPORT_VALID`, by the store's clock."""
