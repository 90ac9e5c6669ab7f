"""The commands `spend …`: ad spend, imported now and shown."""

import click

from entrypoints.cli.spend_import import import_now
from entrypoints.cli.spend_show import show


@click.group()
def spend() -> None:
    """Ad spend of the connected accounts."""


spend.add_command(import_now)
spend.add_command(show)
