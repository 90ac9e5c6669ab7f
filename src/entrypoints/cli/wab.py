"""The commands `wab …`: what is shown in the WAB Dashboard's own database, and taken over from it."""

from __future__ import annotations

import click

from entrypoints.cli.wab_import import import_connections


@click.group()
def wab() -> None:
    """The WAB Dashboard's own database."""


wab.add_command(import_connections)
