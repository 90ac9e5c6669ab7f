"""Figures for Prometheus: requests by their route's template, never by an address, and the fleet."""

from __future__ import annotations

from datetime import timedelta

from litestar import Response, get
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from entrypoints.http import codes
from entrypoints.http.bridge import Given
from entrypoints.http.guards import may_measure
from entrypoints.http.openapi import METRICS, failures

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)


class Measures:
    """The figures of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter("http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry)
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time until the answer was sent.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )

    def note(self, method: str, route: str, status: int, took: timedelta) -> None:
        """Count an answer. Unknown methods count as one, so that nobody can make up labels."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(took.total_seconds())

    def text(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self.registry)


@get(
    "/metrics",
    sync_to_thread=True,
    guards=[may_measure],
    media_type="text/plain",
    summary="Figures for Prometheus",
    tags=["operation"],
    security=METRICS,
    responses=failures(codes.UNAUTHORIZED, codes.NOT_FOUND),
)
def metrics(measures: Given[Measures]) -> Response[bytes]:
    """To this machine itself, and to whoever has METRICS_TOKEN."""
    return Response(measures.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
