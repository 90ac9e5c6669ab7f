"""All figures for one scrape, whichever process answers it."""

import os
from collections.abc import Iterator
from datetime import timedelta

from application.metrics.catalogue import VENDS
from domain.errors import StoreUnavailable
from entrypoints.container import Container
from entrypoints.operations import signs_of_life
from entrypoints.telemetry.fleet_gauges import Deployment, backlog_gauges, database_away, deployment_gauges, fleet_gauges, gauge
from entrypoints.telemetry.prometheus_text import Family, counted, text_of, told_by_processes

TOTALS_MAY_BE = timedelta(minutes=1)
"""How old the numbers of active grants and of connections may be, which grow with the fleet."""

UNDRAINED_COUNTS_FOR = timedelta(days=1)
"""For how long a claim without outcome asks after its host's journal; the host may be gone for good."""

VEND_OUTCOMES = ("vended", "degraded", "refused", "failed")


class Scrape:
    """What this process counted goes to the store first, so that a scrape by way of another process never shows less."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._services = [service.name for service in container.settings().services]

    def __call__(self) -> bytes:
        """The text. With the database away, little more than that."""
        try:
            return text_of([*self._figures()])
        except StoreUnavailable:
            return text_of(database_away())

    def _figures(self) -> Iterator[Family]:
        container, now = self._container, self._container.clock().now()
        container.flush_counts().now()
        totals = dict(container.metric_store().totals())
        for service in self._services:
            for outcome in VEND_OUTCOMES:
                totals.setdefault((VENDS.name, (service, outcome)), 0.0)
        view = container.fleet().counts(now, overdue_after=container.policy().overdue_after, totals_may_be=TOTALS_MAY_BE)
        yield from counted(totals)
        yield from told_by_processes(container.metric_store().reports())
        yield from fleet_gauges(view)
        yield from backlog_gauges(container.backlogs().look(now, container.outbox_consumers()), now)
        yield from deployment_gauges(self._deployment(), now)
        yield gauge("scrape_answered_by", "The process that answered this scrape.", ("pid",), [((str(os.getpid()),), 1)])

    def _deployment(self) -> Deployment:
        container, quiet = self._container, signs_of_life(self._container).quiet
        mirror = None
        if container.connection_mirror().configured:
            with container.store().read() as work:
                mirror = work.mirror.note()
        since = container.clock().now() - UNDRAINED_COUNTS_FOR
        return Deployment(
            on_hold=container.identity_watch().peek() is not None,
            paused=container.pause_watch().pause() is not None,
            schedulers=len(container.heartbeats().hosts("beat", quiet)),
            workers=len(container.heartbeats().hosts("worker", quiet)),
            undrained_hosts=len({undrained.host for undrained in container.journals().undrained(since)}),
            mirror=mirror,
        )
