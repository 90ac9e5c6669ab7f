"""Metrics in Prometheus's text format."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from application.metrics.catalogue import CATALOGUE, OF_PROCESSES
from application.ports.metrics import SUM, Gauge, Histogram, Labels, Latest, Metric, Sample

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


@dataclass(frozen=True, slots=True, eq=False)
class Families(Collector):
    """Metric families that were worked out beforehand."""

    families: tuple[Family, ...]

    def collect(self) -> Iterable[Family]:
        return self.families


def text_of(families: Iterable[Family]) -> bytes:
    """The families as text."""
    registry = CollectorRegistry()
    registry.register(Families(tuple(families)))
    return generate_latest(registry)


def counted(totals: Mapping[Sample, float]) -> Iterator[Family]:
    """What all processes counted together, with what is known to exist at zero."""
    by_name = defaultdict[str, dict[Labels, float]](dict)
    for (name, labels), value in totals.items():
        by_name[name][labels] = value
    for metric in CATALOGUE:
        values = by_name[metric.name]
        if isinstance(metric, Histogram):
            yield histogram(metric, values)
            continue
        family = (
            gauge(metric)
            if isinstance(metric, Latest)
            else CounterMetricFamily(metric.name, metric.meaning, labels=metric.labels)
        )
        yield filled(family, {**dict.fromkeys(metric.known, 0.0), **values})


def histogram(metric: Histogram, values: Mapping[Labels, float]) -> HistogramMetricFamily:
    """Buckets are kept one by one, and Prometheus wants each to hold the smaller ones too."""
    family = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    bounds = [*map(str, metric.buckets), "+Inf"]
    for labels in sorted({*metric.known, *(labels[:-1] for labels in values)}):
        below, buckets = 0.0, list[tuple[str, float]]()
        for bound in bounds:
            below += values.get((*labels, bound), 0.0)
            buckets.append((bound, below))
        family.add_metric(labels, buckets, values.get((*labels, SUM), 0.0))
    return family


def told_by_processes(reports: Mapping[str, Mapping[Sample, float]]) -> Iterator[Family]:
    """What processes say of themselves: of several the value that is furthest from zero."""
    furthest = dict[Sample, float]()
    for gauges in reports.values():
        for sample, value in gauges.items():
            furthest[sample] = max(furthest.get(sample, 0.0), value, key=abs)
    for metric in OF_PROCESSES:
        values = {labels: value for (name, labels), value in furthest.items() if name == metric.name}
        yield filled(gauge(metric), {**dict.fromkeys(metric.known, 0.0), **values})


def gauge(metric: Gauge | Metric) -> GaugeMetricFamily:
    """A gauge without values."""
    return GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)


def filled(family: CounterMetricFamily | GaugeMetricFamily, values: Mapping[Labels, float]) -> Family:
    """A family with these values."""
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family
