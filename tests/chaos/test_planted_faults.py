"""Each known way to lose a token is caught by a story: it passes on the code as it is, and fails once that way is open."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from chaos import scenarios
from chaos.planted_faults import FAULTS


@pytest.mark.parametrize("name", sorted({fault.scenario.__name__ for fault in FAULTS.values()}))
def test_the_story_ends_well(name: str) -> None:
    getattr(scenarios, name)()


@pytest.mark.parametrize("fault", FAULTS)
def test_the_story_shows_the_fault(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[fault].plant(monkeypatch)
    with pytest.raises(AssertionError):
        FAULTS[fault].scenario()


def test_each_of_the_ten_known_ways_to_lose_a_token_is_planted() -> None:
    assert {fault.way for fault in FAULTS.values() if fault.way} == set(range(1, 11))


def test_no_story_is_told_for_nothing() -> None:
    ours = {n: what for n, what in vars(scenarios).items() if inspect.isfunction(what) and what.__module__ == scenarios.__name__}
    stories = {n for n, what in ours.items() if inspect.signature(what).return_annotation == "None"} - {
        "lose_the_database",
        "find_the_database",
    }
    assert stories == {fault.scenario.__name__ for fault in FAULTS.values()}


def test_the_documentation_names_every_fault_with_its_story() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text()
    for name, fault in FAULTS.items():
        row = f"| {fault.way or ''} | {name} | {fault.scenario.__name__.replace('_', ' ')} |"
        assert row.replace("|  |", "| |") in page
