import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLOCK = "from datetime import UTC, date, datetime\nimport time\n\n"


def lint(text: str, *, at: str) -> str:
    """Lint `text` as if it were the project's file `at`, for banned names only."""
    command = [str(Path(sys.executable).with_name("ruff")), "check", "--select", "TID251", "--stdin-filename", at, "-"]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(
    "call", ["datetime.now(UTC)", "datetime.utcnow()", "datetime.today()", "date.today()", "time.time()", "time.time_ns()"]
)
def test_only_the_clock_reads_the_clock(call: str) -> None:
    for elsewhere in (
        "src/domain/grant.py",
        "src/adapters/sql/engine.py",
        "src/entrypoints/cli.py",
        "tests/domain/test_grant.py",
    ):
        assert "ask the Clock" in lint(f"{CLOCK}{call}\n", at=elsewhere)
    for here in ("src/adapters/clock.py", "src/adapters/tiktok_simulator/clock.py"):
        assert "ask the Clock" not in lint(f"{CLOCK}{call}\n", at=here)


@pytest.mark.parametrize("mock", ["from unittest.mock import Mock", "from unittest import mock", "import unittest.mock"])
def test_tests_are_not_made_of_mocks(mock: str) -> None:
    assert "Write a fake" in lint(f"{mock}\n", at="tests/domain/test_grant.py")


@pytest.mark.parametrize(
    ("rule", "line"),
    [("S602", "import subprocess\n\nsubprocess.run('ls', shell=True)\n"), ("S301", "import pickle\n\npickle.loads(b'')\n")],
)
def test_what_bandit_warns_of_is_an_error_in_the_source(rule: str, line: str) -> None:
    command = [str(Path(sys.executable).with_name("ruff")), "check", "--stdin-filename", "src/adapters/made_up.py", "-"]
    assert rule in subprocess.run(command, cwd=ROOT, input=line, capture_output=True, text=True, check=False).stdout


def test_production_imports_nothing_of_what_comes_along_unused() -> None:
    unused = "{'polyfactory', 'faker', 'litestar_htmx', 'rich_click'}"
    program = f"import sys, entrypoints.http.app, entrypoints.worker.app; print(sorted({unused} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT / "src", capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
