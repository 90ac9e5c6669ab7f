"""Spans of days on the command line."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import click

from domain.spend_calendar import Window

DAY = click.DateTime(["%Y-%m-%d"])


def span_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--from` and `--to`."""
    to = click.option("--to", "last", type=DAY, metavar="DAY", help="The last day, as 2026-11-30; today unless given.")
    first = click.option("--from", "first", type=DAY, metavar="DAY", help="The first day.")
    return first(to(command))


def span(first: datetime | None, last: datetime | None, *, today: date, days: int) -> Window:
    """The days from one to the other; so many up to the last one where there is no first. Raises click.UsageError."""
    end = last.date() if last else today
    begin = first.date() if first else end - timedelta(days=days - 1)
    if begin > end:
        raise click.UsageError(f"--from ({begin}) is after --to ({end}).")
    return Window(begin, end)
