"""A time on a command line."""

from datetime import UTC, datetime, timedelta

import click
import pytest

from entrypoints.cli.point_in_time import PointInTime, before

NOW = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)


def meant(text: str) -> datetime:
    return before(NOW, PointInTime().convert(text, None, None))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-28", NOW.replace(hour=0, minute=0)),
        ("2026-11-28T14:00", NOW.replace(hour=14, minute=0)),
        ("2026-11-28T14:00Z", NOW.replace(hour=14, minute=0)),
        ("2026-11-28T14:00:00+01:00", NOW.replace(hour=13, minute=0)),
        ("90s", NOW - timedelta(seconds=90)),
        ("90m", NOW - timedelta(minutes=90)),
        ("36h", NOW - timedelta(hours=36)),
        ("7d", NOW - timedelta(days=7)),
        ("0d", NOW),
        ("999999d", datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_a_moment_a_day_or_so_long_ago(text: str, at: datetime) -> None:
    assert meant(text) == at


@pytest.mark.parametrize(
    "text", ["", "yesterday", "7", "d", "7w", "-7d", "2h30m", "\u0663d", "9" * 500 + "d", "2026-13-01", "0001-01-01T00:00+23:00"]
)
def test_what_is_none_is_wrong_usage_that_says_what_to_write(text: str) -> None:
    with pytest.raises(click.UsageError, match=r"write it as 2026-11-28, .* 36h or 7d") as wrong:
        meant(text)
    assert len(str(wrong.value)) < 200
