"""The model of restores from the command line: `PYTHONPATH=tests ./dev run python -m model.restores`."""

import click

from model.restores.scenarios import FAULTS, SCENARIOS
from model.restores.search import RULES, search

for name, chances in SCENARIOS.items():
    found = search(chances)
    click.echo(f"{name}: {found.states} states, {found.rule or 'nothing broken'}")
click.echo()
for name, fault in FAULTS.items():
    found = search(SCENARIOS[fault.scenario], fault.choices)
    click.echo(f"{name} ({fault.choices})\n  in '{fault.scenario}' breaks '{found.rule}': {RULES[found.rule or fault.breaks]}")
    for number, label in enumerate(found.history, 1):
        click.echo(f"    {number:2} {label}")
