"""The tasks. Each is synchronous (Celery never awaits a coroutine) and tells how it went in the log alone."""

from __future__ import annotations

import logging
import threading

from application.rotation.batches import SweepReport
from application.rotation.call_and_settle import Ended
from domain.errors import ClockSkewed, StoreUnavailable
from entrypoints.worker.app import app
from entrypoints.worker.process_container import process
from entrypoints.worker.schedule import AUDIT, SWEEP

log = logging.getLogger(__name__)

sweeping = threading.Lock()
"""One sweep at a time in a process. Between processes the leases in the database decide."""


@app.task(name=SWEEP)
def sweep() -> None:
    """Renew what is due, end the choices that nobody made, revoke what is queued."""
    if process.stopping() or not sweeping.acquire(blocking=False):
        return
    try:
        container = process.container
        tell("sweep", container.sweep_due_grants()(stopping=process.stopping))
        container.clear_offers()()
        container.revoke_tokens()(stopping=process.stopping)
    except StoreUnavailable as away:
        log.warning("the database is away; the next sweep tries again", extra={"because": str(away)})
    except ClockSkewed as skewed:
        log.critical("nothing is renewed here", extra={"because": str(skewed)})
    finally:
        sweeping.release()


@app.task(name=AUDIT, autoretry_for=(StoreUnavailable, ClockSkewed), retry_backoff=30, max_retries=10)
def audit() -> None:
    """Look at what no sweep sees; sooner than in 12 hours if the database is away now."""
    container = process.container
    tell("audit", container.audit_grants()(stopping=process.stopping).probed)
    pruned = container.prune_history()(stopping=process.stopping)
    log.info("pruned", extra={"facts": pruned.facts, "erased_grants": pruned.erased_grants, "hosts": pruned.hosts})


def tell(what: str, report: SweepReport) -> None:
    """One line in the log, if anything happened."""
    counts = {ended.value: count for ended in Ended if (count := report.count(ended))}
    if counts or report.remaining or report.stopped_by:
        stopped_by = type(report.stopped_by).__name__ if report.stopped_by else None
        log.info(what, extra={**counts, "remaining": report.remaining, "stopped_by": stopped_by})
