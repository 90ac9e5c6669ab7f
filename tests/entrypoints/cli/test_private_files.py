"""What the commands write is its owner's alone, whatever the umask of whoever starts them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from entrypoints.cli.demo_folder import DemoFolder


def modes(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): stat.filemode(path.stat().st_mode) for path in sorted(folder.rglob("*"))}


def test_a_database_and_the_folders_above_it_are_private(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "entrypoints.cli", "migrate"]
    environ = {"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{tmp_path}/deep/data/connect.db"}
    subprocess.run(program, env=environ, cwd=tmp_path, umask=0o000, check=True, capture_output=True)
    found = modes(tmp_path)
    assert {"deep", "deep/data", "deep/data/connect.db"} <= found.keys()
    assert {mode[4:] for mode in found.values()} == {"------"}, found


def test_the_demos_folder_is_private_with_all_that_is_made_above_it(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        with DemoFolder(tmp_path / "a" / "b" / ".data").held(fresh=False):
            assert [modes(tmp_path)[name] for name in ("a", "a/b", "a/b/.data")] == ["drwx------"] * 3
    finally:
        os.umask(before)


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / ".data").mkdir(mode=0o755)
    with DemoFolder(tmp_path / ".data").held(fresh=False):
        assert modes(tmp_path)[".data"] == "drwx------"
