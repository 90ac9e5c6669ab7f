"""The command `erase`."""

import click

from domain.ids import OwnerId
from entrypoints.cli.configuration import configured, durable
from entrypoints.cli.operator_name import operator


@click.command()
@click.option("--user", required=True, metavar="ID", help="The dashboard's id of the user.")
def erase(user: str) -> None:
    """Erase everything of a user: accounts are let go of, tokens erased and queued for revocation. Repeatable."""
    container = durable(configured())
    try:
        erased = container.erase_user()(OwnerId(user), by=operator())
    finally:
        container.database().dispose()
    click.echo(
        f"erased: {erased.connections} connections, {erased.grants} grants; workers revoke their tokens; receipt {erased.receipt}"
    )
