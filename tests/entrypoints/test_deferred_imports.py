from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from entrypoints.deferred_imports import imported
from support.processes import BARE

HEAVY = {"alembic", "celery", "litestar", "redis", "uvicorn"}


def test_what_is_imported_is_what_is_there() -> None:
    assert imported("pathlib:Path") is Path


def test_garbage_is_looked_for_again_after_an_import_that_fails() -> None:
    with pytest.raises(ModuleNotFoundError):
        imported("no_such_module:nothing")
    assert gc.isenabled()


@pytest.mark.parametrize("command", ["status", "refresh", "adopt"])
def test_a_command_imports_nothing_heavy_that_it_does_not_use(command: str, tmp_path: Path) -> None:
    script = (
        "import sys; from entrypoints.cli.command_line import COMMANDS, imported; imported(COMMANDS[sys.argv[1]][0]);"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    answer = subprocess.run(
        [sys.executable, "-P", "-c", script, command], cwd=tmp_path, env=BARE, capture_output=True, text=True, check=True
    )
    assert "sqlalchemy" in answer.stdout.split()
    assert HEAVY & set(answer.stdout.split()) == set()
