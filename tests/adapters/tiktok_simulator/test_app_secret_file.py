"""The app's secret comes from a file, so that no list of processes shows it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from adapters.tiktok_simulator import command

SECRET = "a-secret-that-stands-in-a-file"


def given(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> dict[str, str]:
    """The apps that the simulator would know."""
    apps: dict[str, str] = {}
    monkeypatch.setattr(command, "serve", lambda *_, **values: apps.update(values["apps"]))
    program = click.Command("simulator", params=command.options(), callback=lambda **values: command.run(values, print))
    result = CliRunner().invoke(program, arguments)
    assert SECRET not in result.output
    return apps if result.exit_code == 0 else {"refused": result.output}


def test_a_secret_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    assert given(monkeypatch, "--app-id", "7123", "--app-secret-file", str(file)) == {"7123": SECRET}


def test_two_secrets_an_empty_file_or_none_are_usage_errors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    (tmp_path / "empty").write_text("\n")
    for arguments in (
        ("--app-id", "7", "--app-secret-file", str(file), "--app-secret", "x"),
        ("--app-secret-file", str(file)),
        ("--app-id", "7", "--app-secret-file", str(tmp_path / "empty")),
        ("--app-id", "7", "--app-secret-file", str(tmp_path / "nowhere")),
        ("--app-id", "7"),
    ):
        assert "Usage:" in given(monkeypatch, *arguments)["refused"]
