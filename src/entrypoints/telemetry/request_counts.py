"""Requests as counts: by their route's template, never by an address."""

from datetime import timedelta

from application.metrics.catalogue import OTHER, REQUEST_TIMES, REQUESTS
from application.ports.metrics import Metrics

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def count_request(metrics: Metrics, method: str, route: str, status: int, took: timedelta) -> None:
    """Count an answer. Unknown methods count as one, so that nobody can make up labels."""
    method_label = method if method in METHODS else OTHER
    metrics.count(REQUESTS, method_label, route, str(status))
    metrics.observe(REQUEST_TIMES, method_label, route, took=took)
