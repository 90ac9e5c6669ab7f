"""The model from the command line: `PYTHONPATH=tests ./dev run python -m model [WORD…]`.

Without words every scenario is searched, and the rule named that each fault breaks. Words pick faults by name, field or rule, and
their shortest histories are printed.
"""

import sys

import click

from model.faults import FAULTS
from model.rules import RULES
from model.scenarios import SCENARIOS, search


def everything() -> None:
    for name, scenario in SCENARIOS.items():
        outcome = search(scenario)
        click.echo(f"{name}: {outcome.states} states, {outcome.rule or 'nothing broken'}")
        for label in outcome.history:
            click.echo(f"    {label}")
    click.echo()
    for name, fault in FAULTS.items():
        click.echo(f"{name}: breaks '{search(SCENARIOS[fault.scenario], fault.protocol).rule}' in '{fault.scenario}'")


def histories(words: list[str]) -> None:
    for name, fault in FAULTS.items():
        if all(word.lower() in f"{name} {fault.protocol} {fault.breaks}".lower() for word in words):
            outcome = search(SCENARIOS[fault.scenario], fault.protocol)
            rule = RULES[outcome.rule or fault.breaks]
            click.echo(f"{name} ({fault.protocol})\n  in '{fault.scenario}' breaks '{outcome.rule}': {rule}")
            for number, label in enumerate(outcome.history, 1):
                click.echo(f"    {number:2} {label}")


if __name__ == "__main__":
    if sys.argv[1:]:
        histories(sys.argv[1:])
    else:
        everything()
