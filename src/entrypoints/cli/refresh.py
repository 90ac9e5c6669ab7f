from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

import click
from rich.console import Console

from application.rotate_grant import Rotated
from application.steps.batches import SweepReport
from application.steps.call_and_settle import Ended
from domain.errors import ConnectionNotFound, Refusal, StoreUnavailable
from domain.ids import ConnectionId
from entrypoints.cli.configured import configured, ready
from entrypoints.cli.failures import Trouble
from entrypoints.container import Container

SHARED_WITHIN = timedelta(seconds=45)
"""How long a rotation that somebody else has in flight is waited for: a lease, and the calls behind it."""

ASK_AGAIN = timedelta(milliseconds=500)
TELL_EVERY = timedelta(seconds=2)

FAILED = (Ended.REFUSED, Ended.IN_DOUBT)
SKIPPED = (Ended.THROTTLED, Ended.UNAVAILABLE, Ended.MISCONFIGURED, Ended.OUR_FAULT, Ended.UNSENT)


@click.command()
@click.option("--connection", "connection", metavar="ID", help="The grant of this connection, refused before or not.")
@click.option("--due", is_flag=True, help="Every grant that is due, as the sweep does. The default.")
@click.option("--all", "everything", is_flag=True, help="Every grant, due or not.")
def refresh(connection: str | None, *, due: bool, everything: bool) -> int:
    """Renew tokens now. Exit 1 when something could not be renewed."""
    if (connection is not None) + due + everything > 1:
        raise click.UsageError("--connection, --due and --all exclude one another.")
    container = ready(configured())
    if connection is not None:
        return refresh_one(container, ConnectionId(connection))
    return refresh_many(container, everything=everything)


def refresh_one(container: Container, connection: ConnectionId) -> int:
    """Renew the grant of one connection, or share a renewal that is under way. Raises Trouble."""
    clock, rotate = container.clock(), container.rotate_grant()
    asked_at = clock.now()
    while clock.now() - asked_at < SHARED_WITHIN:
        try:
            outcome = rotate(connection, owner=None, asked_at=asked_at, insist=True)
        except ConnectionNotFound:
            raise Trouble(f"there is no connection {connection}: `tiktok-connect status` counts those that there are") from None
        except StoreUnavailable:
            raise
        except Refusal as refusal:
            raise Trouble(f"connection {connection} was not renewed: {type(refusal).__name__} ({refusal})") from None
        if isinstance(outcome, Rotated):
            until = outcome.token_expires_at
            click.echo(f"renewed; good until {until:%Y-%m-%d %H:%M:%S} UTC" if until else "the token without an end works")
            return 0
        clock.sleep(ASK_AGAIN)
    raise Trouble(f"connection {connection} is still being renewed elsewhere: try again in a minute")


def refresh_many(container: Container, *, everything: bool) -> int:
    """Renew what is due, or everything; Ctrl-C and SIGTERM end it in order."""
    sweep, clock = container.sweep_due_grants(), container.clock()
    with interruptible() as stopping, telling() as progress:
        if everything:
            report = sweep.everything(since=clock.now(), stopping=stopping, progress=progress)
        else:
            report = sweep(stopping=stopping, progress=progress)
    click.echo(summary(report))
    unwell = report.count(*FAILED, *SKIPPED) or report.remaining or report.stopped_by or stopping()
    return 1 if unwell else 0


def so_far(report: SweepReport) -> str:
    """Figures in the words of the cron endpoint."""
    return f"refreshed {report.count(Ended.RENEWED)}, failed {report.count(*FAILED)}, skipped {report.count(*SKIPPED)}"


def summary(report: SweepReport) -> str:
    """All figures, in one line."""
    stopped = f"; stopped: {type(report.stopped_by).__name__}" if report.stopped_by else ""
    return f"{so_far(report)}, remaining {report.remaining}{stopped}"


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """A question that is answered by yes once SIGINT or SIGTERM came: calls under way are settled, the others given back."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def telling() -> Iterator[Callable[[SweepReport], None]]:
    """Progress on stderr: one line that changes on a terminal, a line every few seconds elsewhere."""
    if sys.stderr.isatty():
        with Console(stderr=True).status("looking for grants…") as shown:
            yield lambda report: shown.update(so_far(report))
        return
    told = time.monotonic()

    def tell(report: SweepReport) -> None:
        nonlocal told
        if time.monotonic() - told > TELL_EVERY.total_seconds():
            told = time.monotonic()
            click.echo(f"… {so_far(report)}", err=True)

    yield tell
