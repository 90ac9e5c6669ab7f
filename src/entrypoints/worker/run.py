"""Running a worker or beat in this process, until a signal ends it."""

from __future__ import annotations

from typing import Literal

from entrypoints.settings import Settings
from entrypoints.worker.app import app
from entrypoints.worker.process_container import process

Pool = Literal["threads", "prefork", "solo"]


def run_worker(settings: Settings, *, pool: Pool, concurrency: int, debug: bool) -> int:
    """Work until SIGTERM or SIGINT; returns the exit status."""
    process.use(settings, debug=debug)
    worker = app.Worker(
        pool=pool,
        concurrency=concurrency,
        loglevel="DEBUG" if debug else "INFO",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return 0 if process.stopping() else int(worker.exitcode or 0)  # to Celery, Ctrl-C is a failure


def run_beat(settings: Settings, *, debug: bool) -> int:
    """Send what is scheduled until SIGTERM or SIGINT; returns the exit status."""
    process.use(settings, debug=debug)
    settings.storage.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # for the file of when what was sent last
    app.Beat(loglevel="DEBUG" if debug else "INFO", quiet=True).run()
    return 0
