from dataclasses import fields

import pytest

from model.choices import AS_WRITTEN, Protocol
from model.faults import FAULTS, Fault
from model.rules import RULES
from model.scenarios import SCENARIOS, Scenario, search


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_no_interleaving_breaks_the_protocol(scenario: Scenario) -> None:
    outcome = search(scenario)
    assert outcome.rule is None, "\n".join(outcome.history)
    assert not outcome.unused, "what a scenario allows must happen somewhere in it"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_wrong_choice_breaks_its_rule(fault: Fault) -> None:
    outcome = search(SCENARIOS[fault.scenario], fault.protocol)
    assert outcome.rule == fault.breaks, "\n".join(outcome.history)


def test_each_choice_of_the_protocol_is_shown_to_matter() -> None:
    chosen = {f.name for fault in FAULTS.values() for f in fields(Protocol) if getattr(fault.protocol, f.name) != f.default}
    assert chosen == {f.name for f in fields(Protocol)}


def test_each_fault_is_one_wrong_choice() -> None:
    wrong = [str(fault.protocol) for fault in FAULTS.values()]
    assert len(set(wrong)) == len(wrong)
    assert str(AS_WRITTEN) not in wrong
    assert not [w for w in wrong if "," in w]


def test_each_rule_is_broken_by_some_fault() -> None:
    assert {fault.breaks for fault in FAULTS.values()} == set(RULES)


def test_a_broken_rule_comes_with_its_shortest_history() -> None:
    fault = FAULTS["The old grant goes before the new one is stored"]
    outcome = search(SCENARIOS[fault.scenario], fault.protocol)
    assert outcome.history == ("the person consents again", "the callback is killed")
