"""What a worker or beat process works with: its settings and its container."""

import logging
import mmap
import os

from entrypoints.container import Container, build
from entrypoints.settings import Settings, load_settings, read_environment
from entrypoints.telemetry.logs import configure_logging

CHATTY_LOGGERS = ("alembic", "celery.app.trace", "celery.beat", "celery.worker.strategy")
"""They tell of every task that is sent, comes and goes; ours tell what the tasks did."""


class Process:
    """The process that asks. Its container is made at its first use there, so that nothing open crosses a fork."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._debug = False
        self._pid = os.getpid()
        self._containers: dict[int, Container] = {}
        self._stop = mmap.mmap(-1, 1)  # shared with forked children, and safe to write in a signal handler

    def use(self, settings: Settings, *, debug: bool) -> None:
        """Take these settings instead of the environment's."""
        self._settings, self._debug = settings, debug

    @property
    def forked(self) -> bool:
        """Whether this is a child of the process that began."""
        return os.getpid() != self._pid

    @property
    def settings(self) -> Settings:
        """Raises InvalidSettings."""
        if self._settings is None:
            self._settings = load_settings(read_environment())
        return self._settings

    @property
    def container(self) -> Container:
        """Raises InvalidSettings."""
        if os.getpid() not in self._containers:  # a forked child keeps its parent's, so that nothing of it is closed here
            self._containers[os.getpid()] = build(self.settings)
        return self._containers[os.getpid()]

    def configure_logging(self) -> None:
        """Ours instead of Celery's."""
        configure_logging(debug=self._debug, secrets=self.settings.secrets())
        for name in CHATTY_LOGGERS:
            logging.getLogger(name).setLevel(logging.NOTSET if self._debug else logging.WARNING)

    def stop(self) -> None:
        """Ask all that runs here, or in children, to come to an end: what is sent is settled, what is not is given back."""
        self._stop[0] = 1

    def stopping(self) -> bool:
        return self._stop[0] == 1


process = Process()
