"""The model of the dashboard's mirror from the command line: `PYTHONPATH=tests ./dev run python -m model.mirror [--long]`."""

import sys

import click

from model.mirror.random_history import wander
from model.mirror.rules import RULES
from model.mirror.scenarios import AT_RANDOM, FAULTS, LONGER, SCENARIOS, search

LONG = "--long" in sys.argv[1:]

for name, scenario in (SCENARIOS | LONGER if LONG else SCENARIOS).items():
    outcome = search(scenario)
    click.echo(f"{name}: {outcome.states} states, {outcome.rule or 'nothing broken'}")
for owners, scenario in AT_RANDOM.items():
    ends = [wander(scenario, seed).rule for seed in range(1_000 if LONG else 20)]
    click.echo(f"{len(ends)} histories at random with {owners} owners: {', '.join(filter(None, ends)) or 'nothing broken'}")
click.echo()
for name, fault in FAULTS.items():
    outcome = search(SCENARIOS[fault.scenario], fault.choices)
    click.echo(
        f"{name} ({fault.choices})\n  in '{fault.scenario}' breaks '{outcome.rule}': {RULES[outcome.rule or fault.breaks]}"
    )
    for number, label in enumerate(outcome.history, 1):
        click.echo(f"    {number:2} {label}")
