"""The model of restores from the command line: `PYTHONPATH=tests ./dev run python -m model.restores`."""

import click

from model.restores.rules import RULES
from model.restores.scenarios import FAULTS, SCENARIOS, search

for name, chances in SCENARIOS.items():
    outcome = search(chances)
    click.echo(f"{name}: {outcome.states} states, {outcome.rule or 'nothing broken'}")
click.echo()
for name, fault in FAULTS.items():
    outcome = search(SCENARIOS[fault.scenario], fault.choices)
    click.echo(
        f"{name} ({fault.choices})\n  in '{fault.scenario}' breaks '{outcome.rule}': {RULES[outcome.rule or fault.breaks]}"
    )
    for number, label in enumerate(outcome.history, 1):
        click.echo(f"    {number:2} {label}")
