"""The command `history`."""

from __future__ import annotations

import json
from pathlib import Path

from support.deployment import deployment


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
