"""Work that a person watches, and may interrupt."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from types import FrameType

import click
from rich.console import Console

from entrypoints.termination_signals import heeding

TELL_EVERY = timedelta(seconds=2)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """A question that is answered by yes once a signal asked for the end: calls under way are settled, the others given back."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    with heeding(note):
        yield lambda: bool(asked)


@contextmanager
def telling(at_first: str) -> Iterator[Callable[[str], None]]:
    """Progress on stderr: one line that changes on a terminal, a line every few seconds elsewhere."""
    if sys.stderr.isatty():
        with Console(stderr=True).status(at_first) as shown:
            yield shown.update
        return
    told = time.monotonic()

    def tell(text: str) -> None:
        nonlocal told
        if time.monotonic() - told > TELL_EVERY.total_seconds():
            told = time.monotonic()
            with suppress(OSError):  # nobody has to read it
                click.echo(f"… {text}", err=True)

    yield tell
