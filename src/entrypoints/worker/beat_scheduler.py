"""The scheduler by which beat sends what is due, by a clock that nobody can set."""

import logging
import time
from collections.abc import Callable

from celery.beat import ScheduleEntry, Scheduler

log = logging.getLogger(__name__)


class SteadyScheduler(Scheduler):
    """Sends everything at once and then at each interval, by a clock that nobody can set, and keeps no file.

    Celery's own notes in a file, by the wall clock, what it sent last: after a time in the future it is silent until then, a
    file that is damaged or locked ends it, and two beats in one folder share it. What is sent once too often costs nothing: the
    database knows when the audit was done.
    """

    monotonic: Callable[[], float] = staticmethod(time.monotonic)
    sent: Callable[[], None] = staticmethod(lambda: None)
    """Called when the broker has confirmed a message."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._due = dict[str, float]()
        super().__init__(*args, **kwargs)

    def install_default_entries(self, data: object) -> None:
        """None of Celery's: no results are kept, so that there are none to clean up."""

    def tick(self, *_: object, **__: object) -> float:
        """Send what is due; returns for how many seconds nothing will be."""
        for name, line in self.schedule.items():
            if self._due.get(name, 0.0) <= self.monotonic():
                self._due[name] = self.monotonic() + line.schedule.run_every.total_seconds()
                self._send(line)
        return max(min(self._due.values()) - self.monotonic(), 0.0)

    def _send(self, line: ScheduleEntry) -> None:
        try:
            self.apply_async(line, producer=self.producer, advance=False)
        except Exception as error:  # noqa: BLE001 (each transport has errors of its own)
            log.warning("a message was not sent", extra={"task": line.task, "error": type(error.__cause__ or error).__name__})
            self._forget_connection()
        else:
            self.sent()

    def _forget_connection(self) -> None:
        """Make a new one next time: this one may be dead without knowing it."""
        self.__dict__.pop("producer", None)
        connection = self.__dict__.pop("connection", None)
        if connection is not None:
            connection.collect()
