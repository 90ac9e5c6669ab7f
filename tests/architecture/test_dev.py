import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Dev = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def dev(tmp_path: Path) -> Dev:
    """Run a copy of ./dev in a folder with a space, beside an environment that it takes for its own, from somewhere else."""
    project = tmp_path / "a project"
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to(sys.executable)
    for name in ("dev", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, project)
    inputs = b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "requirements.lock", "dev"))
    made_of = subprocess.run(["cksum"], input=inputs, capture_output=True, check=True).stdout.decode().strip()
    (project / ".venv/.dev-stamp").write_text(f"{made_of} {project / '.venv'}\n{sys.executable}\n")

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if name not in {"PYTHON", "DEV_VENV"}}
        return subprocess.run(
            [project / "dev", *arguments], cwd=tmp_path, env={**clean, **environment}, capture_output=True, text=True, check=False
        )

    return run


def test_run_keeps_words_and_the_folder_it_was_called_from(dev: Dev, tmp_path: Path) -> None:
    answer = dev("run", "sh", "-c", 'pwd; printf "<%s>" "$@"', "sh", "two words", "")
    assert answer.stdout == f"{tmp_path}\n<two words><>"


def test_run_finds_commands_in_the_environment_first(dev: Dev, tmp_path: Path) -> None:
    assert dev("run", "sh", "-c", "command -v python").stdout.strip() == str(tmp_path / "a project/.venv/bin/python")


def test_run_passes_the_exit_status_on(dev: Dev) -> None:
    assert dev("run", "sh", "-c", "exit 7").returncode == 7


def test_run_passes_signals_on(dev: Dev) -> None:
    assert dev("run", "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM


@pytest.mark.parametrize("arguments", [(), ("tset",), ("run",)])
def test_a_wrong_command_line_is_a_usage_error(arguments: tuple[str, ...], dev: Dev) -> None:
    answer = dev(*arguments)
    assert (answer.returncode, answer.stdout, bool(answer.stderr)) == (2, "", True)


def test_a_python_that_does_not_run_is_named(dev: Dev) -> None:
    answer = dev("run", "true", PYTHON="python-of-nowhere")
    assert (answer.returncode, "PYTHON=python-of-nowhere" in answer.stderr) == (1, True)


def test_a_machine_without_python_is_told_what_to_install(dev: Dev, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("cat", "cksum", "dirname", "mkdir", "sed", "sh"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    answer = dev("run", "true", PATH=str(tools), DEV_VENV=".none")
    assert (answer.returncode, "python3-venv" in answer.stderr) == (1, True)
