"""The commands `pause` and `resume`, with a worker that is started between them."""

from __future__ import annotations

import json
from pathlib import Path

from support.deployment import deployment
from support.processes import eventually, run


def test_a_pause_outlives_processes_stops_workers_and_ends_by_a_command(tmp_path: Path) -> None:
    with deployment(tmp_path, environ={"SWEEP_INTERVAL_SECONDS": "1"}) as here:
        connection = here.connect()
        here.make_all_due()
        paused = here.run("pause", "--by", "anna\nof the night shift")
        assert (paused.returncode, paused.stderr) == (0, "")
        assert "by anna of the night shift: `tiktok-connect resume` ends it" in paused.stdout
        assert here.run("pause", "--by", "bert").stdout == paused.stdout
        with here.start("worker") as worker:
            worker.says("Paused")
            refresh = here.run("refresh", "--due")
            assert refresh.returncode == 1
            assert "all calls to TikTok are paused" in refresh.stderr
            assert here.generation(connection) == 1
            status = json.loads(here.run("status", "--json").stdout)
            assert status["paused"]["by"] == "anna of the night shift"
            assert here.run("status").stdout.startswith("all calls to TikTok are paused since")
            assert "calls" in here.run("doctor").stdout
            resumed = here.run("resume")
            assert resumed.stdout.startswith("calls to TikTok go on within three seconds")
            eventually(lambda: here.generation(connection) == 2, why=worker.told)
        assert here.run("resume").stdout == "calls to TikTok were not paused\n"
        assert json.loads(here.run("status", "--json").stdout)["paused"] is None


def test_where_there_is_no_demo_its_calls_are_not_paused(tmp_path: Path) -> None:
    answer = run("pause", "--demo", folder=tmp_path)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "there is no demo" in answer.stderr
