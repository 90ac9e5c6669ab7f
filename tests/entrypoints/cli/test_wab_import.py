"""What `wab import` says before it does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.environ import an_environ
from support.old_connections import DASHBOARD_KEY
from support.processes import run
from support.servers import free_port

URL = "postgresql://nobody@127.0.0.1:{port}/dashboard"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "WAB_DATABASE_URL is not set"),
        ({"WAB_DATABASE_URL": URL.format(port=1)}, "WAB_TOKEN_KEYS is not set"),
        ({"WAB_TOKEN_KEYS": "0"}, "WAB_TOKEN_KEYS holds a key that is not 64 hexadecimal digits (copy the dashboard's own)"),
    ],
)
def test_a_missing_or_wrong_setting_is_named(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    answer = run("wab", "import", folder=tmp_path, environ=an_environ(**settings))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert said in answer.stderr


def test_a_database_that_is_away_is_named_without_its_address(tmp_path: Path) -> None:
    url = URL.format(port=free_port())
    environ = an_environ(WAB_DATABASE_URL=url, WAB_TOKEN_KEYS=DASHBOARD_KEY, DATABASE_URL=f"sqlite:///{tmp_path / 'connect.db'}")
    assert run("migrate", folder=tmp_path, environ=environ).returncode == 0
    answer = run("wab", "import", folder=tmp_path, environ=environ)
    assert answer.returncode == 1
    assert "the dashboard's database (WAB_DATABASE_URL) can't be used" in answer.stderr
    assert "nobody" not in answer.stderr
    assert answer.stderr.count("\n") == 1
