"""The tasks. Each is synchronous (Celery never awaits a coroutine) and tells how it went in the log alone."""

import logging
import os
import threading
from contextlib import suppress
from datetime import timedelta

import structlog

from application.deliver_events import DeliveryReport
from application.rotation.claim_results import Ended
from application.rotation.sweep_in_batches import SweepReport
from domain.errors import ClockSkewed, StoreUnavailable
from domain.pause import Paused
from entrypoints.worker.app import app
from entrypoints.worker.beat_schedule import AUDIT, AUDIT_EVERY, DELIVER, IMPORT, SWEEP
from entrypoints.worker.process_container import process

log = logging.getLogger(__name__)

WORKER = "worker"

SIGN_EVERY = timedelta(seconds=10)
"""How often a sweep that goes on and on tells of itself."""

AUDIT_EARLY = timedelta(hours=1)
"""By how much an audit may come before twelve hours are over: beats that started at different times send at different ones."""

AUDIT_RESERVED = timedelta(minutes=30)
"""How long the audit of a process that died is waited for."""


IMPORT_SLICE = timedelta(seconds=25)
"""How long an import begins with further accounts. The next message goes on."""

DELIVERY_SLICE = timedelta(seconds=20)
"""The same for deliveries, of which a batch takes ten seconds more at the most."""


class OneAtATime:
    """Held by the sweep, the import or the delivery that runs here. Between processes the leases in the database decide."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)

    def acquire(self) -> bool:
        """Whether none runs, so that the caller's may."""
        return self._lock.acquire(blocking=False)

    def release(self) -> None:
        self._lock.release()

    def _forget(self) -> None:
        """What a parent was at when it forked is not the child's."""
        self._lock = threading.Lock()


sweeping, importing, delivering = OneAtATime(), OneAtATime(), OneAtATime()


@app.task(name=SWEEP)
def sweep() -> None:
    """Renew what is due, end the choices that nobody made, revoke what is queued."""
    if process.stopping() or not sweeping.acquire():
        return
    try:
        container, sign = process.container, SignOfWork()
        structlog.contextvars.bind_contextvars(sweep=container.ids().new())
        tell("sweep", container.sweep_due_grants()(stopping=process.stopping, progress=sign.now_and_then))
        container.clear_offers()()
        container.revoke_tokens()(stopping=process.stopping)
        sign.give()
    except StoreUnavailable as away:
        log.warning("the database is away; the next sweep tries again", extra={"because": str(away)})
    except ClockSkewed as skewed:
        log.critical("nothing is renewed here", extra={"because": str(skewed)})
    finally:
        structlog.contextvars.unbind_contextvars("sweep")
        sweeping.release()


@app.task(name=IMPORT)
def import_spend() -> None:
    """Bring in ad spend for a while."""
    if process.stopping() or not importing.acquire():
        return
    try:
        turn = process.container.import_spend()(for_at_most=IMPORT_SLICE, stopping=process.stopping)
        if turn.readings or turn.failures or turn.stopped_because:
            log.info("spend", extra={"read": turn.readings, "failed": turn.failures, "stopped_by": turn.stopped_because})
    except StoreUnavailable as away:
        log.warning("the database is away; the next import tries again", extra={"because": str(away)})
    finally:
        importing.release()


@app.task(name=DELIVER)
def deliver_events() -> None:
    """Bring events to the receiver of webhooks for a while."""
    if process.stopping() or not delivering.acquire():
        return
    try:
        report = process.container.deliver_events()(for_at_most=DELIVERY_SLICE, stopping=process.stopping)
        if report != DeliveryReport():
            log.info("webhooks", extra={"taken": report.taken, "put_off": report.put_off, "given_up": report.given_up})
    except StoreUnavailable as away:
        log.warning("the database is away; the next delivery tries again", extra={"because": str(away)})
    finally:
        delivering.release()


class SignOfWork:
    """Notes in the database that this process gets sweeps done."""

    def __init__(self) -> None:
        self._given = process.container.clock().monotonic()

    def give(self) -> None:
        """Raises StoreUnavailable."""
        self._given = process.container.clock().monotonic()
        process.container.heartbeats().beat(WORKER, process.container.host(), os.getpid())

    def now_and_then(self, _: SweepReport) -> None:
        """The same while a sweep goes on."""
        if process.container.clock().monotonic() - self._given > SIGN_EVERY:
            with suppress(StoreUnavailable):  # the sweep itself finds out
                self.give()


@app.task(name=AUDIT, autoretry_for=(StoreUnavailable, ClockSkewed), retry_backoff=30, max_retries=10)
def audit() -> None:
    """Look at what no sweep sees; sooner than in 12 hours if the database is away now."""
    audit_unless_done(within=AUDIT_EVERY - AUDIT_EARLY)


def audit_unless_done(*, within: timedelta) -> None:
    """Audit, unless an audit ended within this time or runs elsewhere: two beats are one too many for it, and do no harm.

    Raises StoreUnavailable, ClockSkewed.
    """
    heartbeats = process.container.heartbeats()
    last = heartbeats.age(AUDIT)
    if (last is not None and last < within) or not heartbeats.reserve(AUDIT, for_at_most=AUDIT_RESERVED):
        return
    try:
        container = process.container
        probed = container.audit_grants()(stopping=process.stopping).probed
        tell("audit", probed)
        pruned = container.prune_history()(stopping=process.stopping)
        log.info(
            "pruned",
            extra={
                "facts": pruned.facts,
                "erased_grants": pruned.erased_grants,
                "hosts": pruned.hosts,
                "spend": pruned.spend,
                "webhooks": pruned.webhooks,
                "mirrored_rows": pruned.mirrored_rows,
            },
        )
        container.advance_sealing().refuse_first()
        if not process.stopping() and not isinstance(probed.stopped_by, Paused):
            heartbeats.beat(AUDIT, container.host(), os.getpid())
    finally:
        heartbeats.release(AUDIT)


def tell(what: str, report: SweepReport) -> None:
    """One line in the log, if anything happened."""
    counts = {ended.value: count for ended in Ended if (count := report.count(ended))}
    if counts or report.remaining or report.stopped_by:
        stopped_by = type(report.stopped_by).__name__ if report.stopped_by else None
        log.info(what, extra={**counts, "remaining": report.remaining, "stopped_by": stopped_by})
