"""The commands `worker` and `beat`."""

import click

from entrypoints.cli.command_line import debugging
from entrypoints.cli.configuration import configured, durable, ready
from entrypoints.deferred_imports import imported


@click.command()
@click.option(
    "--pool",
    type=click.Choice(["threads", "prefork", "solo"]),
    default="threads",
    show_default=True,
    help="Celery's kind of pool. Each sweep has threads of its own in any of them.",
)
@click.option("--concurrency", type=click.IntRange(1, 64), default=4, show_default=True, help="Tasks at once, not calls.")
@click.option("--only", type=click.Choice(["rotation", "import", "webhooks"]), help="Take these tasks alone. Both by default.")
def worker(pool: str, concurrency: int, only: str | None) -> int:
    """The Celery worker, which renews what is due, imports ad spend and delivers webhooks.

    SIGTERM ends it in order: calls under way are settled, what was not sent is given back.
    """
    settings = configured()
    durable(settings).database().dispose()
    run = imported("entrypoints.worker.run:run_worker")
    status: int = run(settings, pool=pool, concurrency=concurrency, debug=debugging(), only=only)
    return status


@click.command()
def beat() -> int:
    """Celery beat, which tells the workers every SWEEP_INTERVAL_SECONDS to look for due grants. One is enough."""
    settings = configured()
    ready(settings).database().dispose()
    status: int = imported("entrypoints.worker.run:run_beat")(settings, debug=debugging())
    return status
