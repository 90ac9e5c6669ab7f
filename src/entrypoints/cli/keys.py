"""The commands `keys …`."""

from __future__ import annotations

import click

from entrypoints.operations import new_encryption_key


@click.group()
def keys() -> None:
    """Token encryption keys."""


@keys.command()
def generate() -> None:
    """Print a new key, as TOKEN_ENCRYPTION_KEYS takes it.

    Put it in front of the older ones: the first key seals, all open. It is a secret; without it the tokens sealed with it
    are lost.
    """
    click.echo(new_encryption_key())
