"""Sweeps and audits that a worker does unasked, when no message asks: no beat runs, or the broker carries nothing."""

import logging
import threading
from datetime import timedelta

from domain.errors import Refusal
from domain.signs_of_life import SignsOfLife
from entrypoints.worker.beat_schedule import AUDIT_EVERY, options
from entrypoints.worker.process_container import process
from entrypoints.worker.tasks import AUDIT_EARLY, WORKER, audit_unless_done, sweep

log = logging.getLogger(__name__)

NAP = timedelta(milliseconds=500)
"""How soon a stop is noticed."""

AUDIT_LOOK_EVERY = timedelta(minutes=10)


class UnaskedSweeps:
    """A thread that looks, by the signs in the database, whether anybody sweeps; if nobody does, it sweeps itself."""

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="unasked-sweeps", daemon=True)
        self._has_warned, self._audit_looked_at = False, timedelta()

    def start(self) -> None:
        """Begin with a sweep: whoever starts a worker after an outage has due grants."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of what is under way, which comes soon once the process is told to stop."""
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        self._first_sweep()
        clock, every = process.container.clock(), process.settings.sweep_interval
        self._audit_looked_at = clock.monotonic()
        while not self._stopped_within(every):
            try:
                self._sweep_if_nobody_does(every)
                if clock.monotonic() - self._audit_looked_at >= AUDIT_LOOK_EVERY:
                    self._audit_looked_at = clock.monotonic()
                    audit_unless_done(within=AUDIT_EVERY + AUDIT_EARLY)
            except Refusal as refused:  # the database is away, or the clock is off: the tasks tell of it
                log.debug("the worker could not look whether anybody sweeps", extra={"because": type(refused).__name__})
            except Exception:  # the thread has to go on, or nobody is left who notices
                log.exception("work that nobody asked for failed")

    def _first_sweep(self) -> None:
        """By a message, since the pool may be other processes; without one where the broker takes none."""
        try:
            sweep.apply_async(retry=False, **options(process.settings.sweep_interval))
        except Exception as error:  # noqa: BLE001 (each transport has errors of its own)
            log.warning("the broker took no message; this worker sweeps without one", extra={"error": type(error).__name__})
            sweep()

    def _sweep_if_nobody_does(self, every: timedelta) -> None:
        signs = SignsOfLife(worker=process.container.heartbeats().age(WORKER), beat=None, sweep_every=every)
        if not signs.sweep_is_missing:
            self._has_warned = False
            return
        if not self._has_warned:
            log.warning("no message asks for a sweep: see that beat runs and reaches the broker; the workers sweep by themselves")
        self._has_warned = True
        sweep()

    def _stopped_within(self, span: timedelta) -> bool:
        clock = process.container.clock()
        end = clock.monotonic() + span
        while not process.stopping() and clock.monotonic() < end:
            clock.sleep(min(NAP, max(end - clock.monotonic(), timedelta())))
        return process.stopping()


unasked_sweeps = UnaskedSweeps()
