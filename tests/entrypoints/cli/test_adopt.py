"""How `adopt` is asked for. What it does is tried in `journeys/test_databases_not_ours.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.processes import run


@pytest.mark.parametrize("wrong", [(), ("--copy",), ("--restored", "--moved"), ("--moved", "--yes")])
def test_an_adoption_says_what_the_database_is_and_a_copy_that_it_is_meant(wrong: tuple[str, ...], tmp_path: Path) -> None:
    answer = run("adopt", *wrong, folder=tmp_path)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("tiktok-connect: ")
    assert len(answer.stderr.splitlines()) == 1
