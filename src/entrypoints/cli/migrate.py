"""The command `migrate`."""

import click

from entrypoints.cli.command_line import debugging
from entrypoints.cli.configuration import SCHEMA_SENTENCES, quiet_alembic
from entrypoints.cli.progress import telling
from entrypoints.operations import migrate_schema
from entrypoints.settings import load_database_url, read_environment
from entrypoints.telemetry.logs import configure_logging


@click.command()
def migrate() -> None:
    """Bring the database's schema to this version's.

    Needs DATABASE_URL alone. Safe to run twice, and at once from several places: who comes second waits.
    """
    url = load_database_url(read_environment())
    configure_logging(debug=debugging(), secrets=[url])
    quiet_alembic(debug=debugging())
    with telling("migrating the database's schema…"):
        place, state = migrate_schema(url)
    click.echo(f"{place}: {SCHEMA_SENTENCES[state]}")
