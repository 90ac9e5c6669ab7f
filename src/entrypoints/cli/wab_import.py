"""`tiktok-connect wab import`: take over the dashboard's own TikTok connections."""

from __future__ import annotations

import click

from application.import_connections import ImportReport
from entrypoints.cli.configuration import configured, durable
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.cli.progress import telling
from entrypoints.container import Container
from entrypoints.settings import Settings


@click.command("import")
@click.option("--dry-run", is_flag=True, help="Say what would be taken over, and change nothing.")
def import_connections(*, dry_run: bool) -> None:
    """Take over the TikTok connections that the dashboard holds with tokens of its own.

    Make a pg_dump of its database first, and stop whatever renews its tokens there. It can be run again, also after an
    interruption. Exit 1 when rows were left.
    """
    settings = configured()
    refuse_without(settings)
    container = durable(settings)
    try:
        if lacks := container.old_connections().lacks():
            raise CommandFailure("; ".join(lack.line for lack in lacks))
        report = taken_over(container, dry_run=dry_run)
    finally:
        container.platform().close()
        container.database().dispose()
    for left in report.left:
        click.echo(f"left: row {left.row} of user {left.owner}: {left.why}")
    click.echo(figures(report, dry_run=dry_run))
    if report.left:
        raise CommandFailure(f"{len(report.left)} rows were left as they are: each is named above, with its reason")


def refuse_without(settings: Settings) -> None:
    """Raises CommandFailure where a setting is missing that only this needs."""
    if settings.wab.database_url is None:
        raise CommandFailure("WAB_DATABASE_URL is not set: it names the dashboard's own database")
    if not settings.wab.token_keys:
        raise CommandFailure("WAB_TOKEN_KEYS is not set: it holds the key by which the dashboard sealed its tokens")


def taken_over(container: Container, *, dry_run: bool) -> ImportReport:
    """Carry it out, with progress."""
    with telling("reading the dashboard's connections…") as tell:

        def progress(report: ImportReport) -> None:
            tell(figures(report, dry_run=dry_run))

        return container.import_connections()(dry_run=dry_run, progress=progress)


def figures(report: ImportReport, *, dry_run: bool) -> str:
    """The line that sums it up."""
    done = "would be taken over" if dry_run else "taken over"
    taken = f"{report.grants} grants with {report.connections} connections {done}"
    return f"{taken}; {report.known} rows were known before, {len(report.left)} are left"
