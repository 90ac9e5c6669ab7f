"""The commands `wab check | rebuild | off | on`: the rows by which the dashboard shows what is connected here."""

import click

from application.rebuild_mirror import RebuildPlan
from entrypoints.cli.configuration import configured, durable, ready
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.cli.mirror_lines import line_of, lines_of, lines_of_spend, named
from entrypoints.cli.progress import interruptible
from entrypoints.container import Container


@click.command()
def check() -> int:
    """What is missing, differs or lacks in the dashboard's database: a line each. Exit 1 if anything is wrong."""
    container = mirroring(ready(configured()))
    found = container.check_mirror()()
    click.echo(line_of(found.counts))
    lines = lines_of(found)
    if not found.lacks:
        lines += lines_of_spend(container.check_delivered_spend()(), on_hold=found.on_hold)
    for line in lines:
        click.echo(f"FAIL  {line}")
    return 1 if lines else 0


@click.command()
@click.option("--yes", is_flag=True, help="Do it without asking.")
def rebuild(*, yes: bool) -> None:
    """Write all rows anew, because the dashboard's database is the right one as it is now. It asks before it does anything.

    It ends a freeze. Where a backup was restored there, or its table was made anew, this is the way back.
    """
    container = mirroring(durable(configured()))
    rebuild_mirror = container.rebuild_mirror()
    plan = rebuild_mirror.plan()
    for line in lines_of_plan(plan):
        click.echo(line)
    if not yes:
        click.confirm("Do it?", abort=True)
    with interruptible() as stopping:
        remaining = rebuild_mirror.apply(plan, stopping=stopping)
    click.echo("the rows are written" if not remaining else f"{remaining} rows are left: looks write them, every 15 seconds")


@click.command()
def off() -> None:
    """Write nothing there any more, and conclude nothing from what is missing. What was unlisted is listed again."""
    container = mirroring(ready(configured()))
    container.rebuild_mirror().turn(off=True)
    click.echo("the mirror is off: the dashboard's rows stay as they are")


@click.command()
def on() -> None:
    """Write there again, from the next look on."""
    container = mirroring(ready(configured()))
    container.rebuild_mirror().turn(off=False)
    click.echo("the mirror is on")


def mirroring(container: Container) -> Container:
    """Raises CommandFailure where the dashboard's database is not configured."""
    if not container.check_mirror().configured:
        container.database().dispose()
        raise CommandFailure("WAB_DATABASE_URL is not set, so nothing is shown in the dashboard's own database")
    return container


def lines_of_plan(plan: RebuildPlan) -> list[str]:
    """What a rebuild would do."""
    lines = [f"{len(plan.written)} rows would be written"]
    if plan.disconnected:
        lines.append(
            f"{len(plan.disconnected)} connections would be disconnected, since their owners are no users there: "
            f"{named(plan.disconnected)}"
        )
    if plan.stale:
        lines.append(f"{len(plan.stale)} rows that nobody here knows would ask their people to reconnect: {named(plan.stale)}")
    return lines
