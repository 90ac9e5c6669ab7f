from collections import Counter
from collections.abc import Callable
from dataclasses import fields

import pytest

from model.mirror.choices import AS_WRITTEN, Choices
from model.mirror.random_history import wander
from model.mirror.rules import RULES
from model.mirror.scenarios import AT_RANDOM, FAULTS, LONGER, SCENARIOS, Fault, Scenario, search
from model.mirror.world import Chances


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_no_history_breaks_the_mirror(scenario: Scenario) -> None:
    outcome = search(scenario)
    assert outcome.rule is None, "\n".join(outcome.history)
    assert not outcome.unused, "what a scenario allows must happen somewhere in it"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", LONGER)
def test_no_longer_history_breaks_the_mirror(name: str, tell: Callable[[object], None], *, long: bool) -> None:
    """With --long: larger searches."""
    if not long:
        return
    outcome = search(LONGER[name])
    tell(f"the mirror's model, {name}: {outcome.states} states")
    assert outcome.rule is None, "\n".join(outcome.history)
    assert not outcome.unused


@pytest.mark.timeout(900)
@pytest.mark.parametrize("owners", AT_RANDOM)
def test_histories_at_random_leave_the_mirror_as_it_should_be(owners: int, tell: Callable[[object], None], *, long: bool) -> None:
    """With --long: 1 500 histories for each number of owners instead of 20."""
    came, kinds = 1_500 if long else 20, Counter[str]()
    for seed in range(came):
        outcome = wander(AT_RANDOM[owners], seed)
        assert outcome.rule is None, "\n".join((f"seed {seed}", *outcome.history))
        kinds.update(label.partition(":")[0] for label in outcome.history)
    tell(f"the mirror's model: {came} histories at random with {owners} owners, {kinds.total()} steps of {len(kinds)} kinds")
    assert {"a slow look begins", "a writer begins", "a second deployment comes", "an operator rebuilds"} <= set(kinds)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_wrong_choice_about_the_mirror_breaks_its_rule(fault: Fault) -> None:
    outcome = search(SCENARIOS[fault.scenario], fault.choices)
    assert outcome.rule == fault.breaks, "\n".join(outcome.history)


def test_each_choice_about_the_mirror_is_shown_to_matter() -> None:
    wrong = {
        f.name
        for fault in FAULTS.values()
        for f in fields(Choices)
        if getattr(fault.choices, f.name) != getattr(AS_WRITTEN, f.name)
    }
    assert wrong == {f.name for f in fields(Choices)}


def test_each_rule_about_the_mirror_is_broken_by_some_fault() -> None:
    assert {fault.breaks for fault in FAULTS.values()} == set(RULES)


def test_everything_that_may_happen_to_a_mirror_happens_in_some_scenario() -> None:
    happens = {name for scenario in SCENARIOS.values() for name, n in scenario.chances._asdict().items() if n}
    assert happens == set(Chances._fields)
