import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
PLANTED = {
    "test_part.py": "from support import servers\n\ndef test_with_a_part():\n    servers.missing('Oracle')\n",
    "test_module.py": "import pytest\n\npytest.importorskip('module_of_nowhere')\n",
    "test_future.py": "import pytest\n\n@pytest.mark.xfail\ndef test_of_the_future():\n    raise AssertionError\n",
}


def run(folder: Path, *, ci: str) -> str:
    for name, text in {**PLANTED, "conftest.py": (TESTS / "conftest.py").read_text()}.items():
        (folder / name).write_text(text)
    options = ["-c", str(TESTS.parent / "pyproject.toml"), "--rootdir", str(folder), "--continue-on-collection-errors"]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "pytest", *options, str(folder)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


def test_what_is_missing_is_skipped_on_a_persons_machine(tmp_path: Path) -> None:
    assert "2 skipped, 1 xfailed" in run(tmp_path, ci="")


def test_what_is_missing_is_a_failure_under_ci(tmp_path: Path) -> None:
    report = run(tmp_path, ci="true")
    assert "1 failed, 1 xfailed, 1 error" in report
    assert report.count("Under CI nothing is skipped") >= 2
