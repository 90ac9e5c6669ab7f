"""A time on a command line: a moment, a day, or so long ago."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import click

UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
AGO = re.compile(r"([0-9]{1,6})([smhd])")

Command = TypeVar("Command", bound=Callable[..., object])


class PointInTime(click.ParamType[datetime | timedelta]):
    """An option's value: RFC 3339, a day (00:00 UTC), or a span before now. What has no offset is in UTC."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime | timedelta:
        """The moment, or how long ago it is."""
        text = str(value)
        try:
            if ago := AGO.fullmatch(text):
                return int(ago[1]) * UNITS[ago[2]]
            at = datetime.fromisoformat(text)
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{text[:40]!r} is no time; write it as 2026-11-28, 2026-11-28T14:00Z, 90m, 36h or 7d.", param, ctx)


def since_option(*, required: bool = False) -> Callable[[Command], Command]:
    """The option --since TIME."""
    how = "From then on: 2026-11-28, 2026-11-28T14:00Z, or 90m, 36h, 7d before now. In UTC."
    return click.option("--since", type=PointInTime(), metavar="TIME", required=required, help=how)


def before(now: datetime, value: datetime | timedelta) -> datetime:
    """The moment that was meant; the earliest there is for what is longer ago."""
    if isinstance(value, datetime):
        return value
    return now - min(value, now - datetime.min.replace(tzinfo=UTC))
