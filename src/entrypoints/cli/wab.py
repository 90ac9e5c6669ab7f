"""The commands `wab …`: what is shown in the WAB Dashboard's own database, and taken over from it."""

import click

from entrypoints.cli.wab_import import import_connections
from entrypoints.cli.wab_mirror import check, off, on, rebuild


@click.group()
def wab() -> None:
    """The WAB Dashboard's own database."""


for command in (check, rebuild, off, on, import_connections):
    wab.add_command(command)
