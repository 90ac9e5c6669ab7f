from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from entrypoints.cli.demo_folder import DemoFolder, Notes
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure

HERE, THERE = "http://127.0.0.1:8000", "http://127.0.0.1:8001"


def notes(life: int = 120) -> Notes:
    return Notes.new(HERE, THERE, life)


@pytest.mark.parametrize(("life", "sweeps"), [(10, 1), (20, 1), (120, 6), (300, 15), (86_400, 15)])
def test_sweeps_are_as_frequent_as_short_lives_need(life: int, sweeps: int) -> None:
    assert notes(life).sweep_interval == timedelta(seconds=sweeps)


def test_notes_hold_secrets_that_nobody_else_has_and_do_not_show_them() -> None:
    one, other = notes(), notes()
    secrets = [one.encryption_key, one.session_key, one.cron_secret, one.service_token]
    assert len({*secrets, other.encryption_key, other.cron_secret}) == 6
    assert [secret for secret in secrets if secret in repr(one)] == []


def test_notes_are_found_again_and_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder, written = DemoFolder(tmp_path / ".data"), notes()
    with folder.held(fresh=False):
        assert folder.read() is None
        folder.write(written)
    with folder.held(fresh=False):
        assert folder.read() == written
    assert stat.filemode((tmp_path / ".data").stat().st_mode) == "drwx------"
    assert stat.filemode((tmp_path / ".data/demo.json").stat().st_mode) == "-rw-------"


def test_the_settings_are_of_the_demo_and_keep_to_its_folder(tmp_path: Path) -> None:
    settings = notes().settings(tmp_path)
    assert settings.demo is not None
    assert settings.storage.data_dir == tmp_path
    assert settings.storage.broker_url is None
    assert (settings.cron.secret is not None, len(settings.services)) == (True, 1)


def test_a_folder_is_held_by_one_demo_at_a_time(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / ".data")
    with folder.held(fresh=False), pytest.raises(CommandFailure, match="another demo"), folder.held(fresh=True):
        pass


def test_fresh_empties_what_a_demo_left(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / ".data")
    with folder.held(fresh=False):
        folder.write(notes())
        (folder.path / "journal").mkdir()
        (folder.path / "journal/record").touch()
    with folder.held(fresh=True):
        assert sorted(path.name for path in folder.path.iterdir()) == ["demo.lock", "logs"]


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, *, fresh: bool) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(CommandFailure, match="not the demo's"), DemoFolder(tmp_path).held(fresh=fresh):
        pass
    assert (tmp_path / "precious").exists()
