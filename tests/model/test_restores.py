from dataclasses import fields

import pytest

from model.restores.choices import AS_WRITTEN, Choices
from model.restores.rules import RULES
from model.restores.scenarios import FAULTS, SCENARIOS, Fault, search
from model.restores.world import Chances


@pytest.mark.parametrize("chances", SCENARIOS.values(), ids=SCENARIOS)
def test_no_history_of_restores_copies_and_fail_overs_breaks_the_protocol(chances: Chances) -> None:
    outcome = search(chances)
    assert outcome.rule is None, "\n".join(outcome.history)
    assert not outcome.unused, "what a scenario allows must happen somewhere in it"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_wrong_choice_about_restores_breaks_its_rule(fault: Fault) -> None:
    outcome = search(SCENARIOS[fault.scenario], fault.choices)
    assert outcome.rule == fault.breaks, "\n".join(outcome.history)


def test_each_choice_about_restores_is_shown_to_matter() -> None:
    wrong = [
        f.name
        for fault in FAULTS.values()
        for f in fields(Choices)
        if getattr(fault.choices, f.name) != getattr(AS_WRITTEN, f.name)
    ]
    assert sorted(wrong) == sorted(f.name for f in fields(Choices))


def test_each_rule_about_restores_is_broken_by_some_fault() -> None:
    assert {fault.breaks for fault in FAULTS.values()} == set(RULES)
