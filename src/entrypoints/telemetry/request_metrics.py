"""Figures for Prometheus: requests by their route's template, never by an address, and the fleet."""

import os
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from application.ports.fleet import FleetView

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)


class RequestMetrics:
    """The figures of one process, labelled by its pid: where several share an address, a scrape meets any one of them."""

    def __init__(self) -> None:
        self.registry, self._pid = CollectorRegistry(), str(os.getpid())
        self._requests = Counter(
            "http_requests", "Requests answered.", ("method", "route", "status", "pid"), registry=self.registry
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time until the answer was sent.",
            ("method", "route", "pid"),
            buckets=BUCKETS,
            registry=self.registry,
        )

    def note(self, method: str, route: str, status: int, took: timedelta) -> None:
        """Count an answer. Unknown methods count as one, so that nobody can make up labels."""
        method_label = method if method in METHODS else "other"
        self._requests.labels(method_label, route, str(status), self._pid).inc()
        self._seconds.labels(method_label, route, self._pid).observe(took.total_seconds())

    def text(self, view: FleetView | None) -> bytes:
        """In Prometheus's text format. Without a view the fleet's figures are left out: none is better than an old one."""
        return generate_latest(self.registry) + (generate_latest(figures_of(view)) if view else b"")


def figures_of(view: FleetView) -> CollectorRegistry:
    """The fleet as gauges."""
    registry = CollectorRegistry()

    def gauge(name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"tiktok_connect_{name}", what, labels, registry=registry)

    grants = gauge("grants", "Grants by app and health.", "app", "health")
    for count in view.grants:
        grants.labels(count.app, count.health).set(count.grants)
    at_risk = gauge("tokens_at_risk", "Access tokens that end within so many hours and may not be renewed in time.", "hours")
    for horizon, tokens in view.at_risk:
        at_risk.labels(str(horizon // timedelta(hours=1))).set(tokens)
    gauge("grants_due", "Grants whose renewal is due.").set(view.due)
    gauge("grants_overdue", "Grants whose renewal has been due for longer than two sweeps.").set(view.overdue)
    gauge("grants_in_doubt", "Active grants whose last renewal had no definite answer.").set(view.in_doubt)
    answered = gauge("owners_answered", "Owners whose refreshes were answered within ten minutes.", "app")
    refused = gauge("owners_refused", "Those of them who were refused, and of whom nothing was renewed.", "app")
    for app, tally in view.answered:
        answered.labels(app).set(tally.answered)
        refused.labels(app).set(tally.only_refused)
    gauge("pending_revocations", "Tokens waiting to be revoked.").set(view.pending_revocations)
    gauge("open_offers", "Choices of accounts that are awaited.").set(view.open_offers)
    gauge("connections", "Connected accounts.").set(view.connections)
    return registry
