"""`tiktok-connect adopt`: say what a database is that was put on hold."""

from collections.abc import Callable

import click

from application.adopt_database import AdoptDatabase
from entrypoints.cli.configuration import configured, durable
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure, why_held
from entrypoints.cli.operator_name import operator
from entrypoints.cli.progress import telling
from entrypoints.operations import journal_is_the_originals


@click.command()
@click.option("--restored", is_flag=True, help="A backup was restored: each grant has to show whether its tokens still live.")
@click.option("--copy", "copied", is_flag=True, help="It is a copy: its tokens are another database's, and are forgotten here.")
@click.option("--moved", is_flag=True, help="It is ours, and is served at this TIKTOK_REDIRECT_URI from now on.")
@click.option("--yes", is_flag=True, help="With --copy: every user of the copy has to connect again.")
def adopt(*, restored: bool, copied: bool, moved: bool, yes: bool) -> None:
    """End a hold on the database, by saying what it is.

    `doctor` and `status` tell why it is on hold. Run --restored where JOURNAL_DIR is that of the machine which served people
    last: what they had removed since the backup is noted there.
    """
    if restored + copied + moved != 1:
        raise click.UsageError("Say what the database is: --restored, --copy or --moved.")
    if copied and not yes:
        raise click.UsageError("--copy makes every user of the copy connect again: say --yes too.")
    if yes and not copied:
        raise click.UsageError("--yes belongs to --copy.")
    container = durable(configured())
    try:
        if copied and journal_is_the_originals(container):
            raise CommandFailure("JOURNAL_DIR is the original's, and may hold its answers: give the copy a folder of its own")
        with telling("adopting the database…") as tell:
            click.echo(adopted(container.adopt_database(), tell, restored=restored, copied=copied))
        if left := container.identity_watch().hold():
            raise CommandFailure(f"the database is still on hold: {why_held(left)}")
    finally:
        container.database().dispose()


def adopted(adopt_database: AdoptDatabase, tell: Callable[[str], None], *, restored: bool, copied: bool) -> str:
    """Adopt it; returns what to say of it. Raises StoreUnavailable."""

    def progress(grants: int) -> None:
        tell(f"{grants} grants so far")

    if restored:
        grants = adopt_database.restored(by=operator(), progress=progress)
        return f"adopted as a restored backup: {grants} grants are tried once each; whose tokens are dead, their people are told"
    if copied:
        grants = adopt_database.copied(by=operator(), progress=progress)
        return f"adopted as a copy: the people of {grants} grants have to connect again here; nothing was revoked"
    identity = adopt_database.moved(by=operator())
    return f"adopted: the database is at home at {identity.home or 'no public address yet'}"
