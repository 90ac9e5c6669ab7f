"""The command `history`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from entrypoints.cli.history import time_of
from support.deployment import deployment

NOW = datetime(2026, 11, 28, 15, tzinfo=UTC)


def test_a_connections_history_is_shown_in_words_and_for_programs(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        connection = here.connect()
        assert here.run("refresh", "--connection", connection).returncode == 0
        told = here.run("history", connection)
        assert (told.returncode, told.stderr) == (0, "")
        assert "account_connected  by user" in told.stdout
        assert "refresh_asked  by operator" in told.stdout
        last = told.stdout.splitlines()[-1]
        assert "attempt refresh: rotated" in last
        assert "generation 1, then active  request_id " in last
        entries = [json.loads(line) for line in here.run("history", connection, "--json", "--since", "1h").stdout.splitlines()]
        assert [e["what"] for e in entries if e["what"] != "connect_begun"][-1] == "attempt"
        assert entries[-1]["requestId"] in last
        account = next(e["accountId"] for e in entries if e["what"] == "account_connected")
        assert here.run("history", "--account", account).stdout.splitlines()[-1] == last
        nothing = here.run("history", connection, "--since", "2999-01-01")
        assert (nothing.returncode, nothing.stdout) == (0, "")
        assert "nothing is recorded since 2999-01-01T00:00:00Z" in nothing.stderr
        for unknown in (["never-was"], ["--user", "nobody"], ["--account", "7"]):
            answer = here.run("history", *unknown)
            assert (answer.returncode, answer.stdout) == (1, "")
            assert len(answer.stderr.splitlines()) == 1
        assert here.run("history").returncode == 2
        assert here.run("history", connection, "--user", "x").returncode == 2


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-28", NOW.replace(hour=0)),
        ("2026-11-28T14:00", NOW.replace(hour=14)),
        ("2026-11-28T14:00+01:00", NOW.replace(hour=13)),
        ("90m", NOW - timedelta(minutes=90)),
        ("36h", NOW - timedelta(hours=36)),
        ("7d", NOW - timedelta(days=7)),
    ],
)
def test_since_is_a_time_or_a_span(text: str, time: datetime) -> None:
    assert time_of(text, NOW) == time


@pytest.mark.parametrize("text", ["yesterday", "7", "d", "7w", "-7d", "٣d", "9" * 500 + "d", "2026-13-01", "999999d"])
def test_what_is_neither_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.UsageError):
        time_of(text, NOW)
