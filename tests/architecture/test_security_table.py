"""The attack table of docs/security.md: every row names a test that is there, and can be run by that name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
COLUMNS = ["Asset", "Attacker", "Path", "Defence", "Test"]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows() -> list[list[str]]:
    table = (ROOT / "docs/security.md").read_text().split("\n## Attacks\n")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == COLUMNS
    return cells[2:]


def names_in(path: str) -> set[str]:
    file = ROOT / path
    if not file.exists():
        return set()
    functions = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))
    return {function.name for function in functions}


def missing(cell: str) -> list[str]:
    """What a cell of the last column names and is not there; the cell itself when it names nothing."""
    named = NAMED.findall(cell)
    return [f"{path}::{test}" for path, test in named if test not in names_in(path)] if named else [cell]


def test_every_attack_has_all_five_facts_and_a_test_that_is_there() -> None:
    table = rows()
    assert len(table) > 20
    assert [row for row in table if len(row) != len(COLUMNS) or not all(row)] == []
    assert [lost for row in table for lost in missing(row[-1])] == []


def test_a_test_that_is_gone_would_be_found() -> None:
    here = "tests/architecture/test_security_table.py"
    assert missing(f"`{here}::test_a_test_that_is_gone_would_be_found`") == []
    assert missing(f"`{here}::test_gone`, `tests/nowhere.py::test_a`") == [f"{here}::test_gone", "tests/nowhere.py::test_a"]
    assert missing("a good look") == ["a good look"]
