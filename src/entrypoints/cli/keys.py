"""The commands `keys …`."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from application.list_keys import ListKeys
from application.reseal_tokens import Progress
from domain.grant import Grant
from domain.key_use import KeyUse
from entrypoints.cli.configuration import configured, ready
from entrypoints.cli.error_to_line_and_exit_status import FAILURE, CommandFailure
from entrypoints.cli.operator_name import operator
from entrypoints.cli.progress import interruptible, telling
from entrypoints.container import Container
from entrypoints.operations import UnreadableFile, new_encryption_key, open_unread

HEADINGS = ("id", "seals", "grants", "revocations", "journals", "removable")


@click.group()
def keys() -> None:
    """Token encryption keys."""


@keys.command()
def generate() -> None:
    """Print a new key, as TOKEN_ENCRYPTION_KEYS takes it.

    Put it behind the older ones, deploy, move it to the front, deploy again: the first key seals, all open. It is a secret;
    without it the tokens sealed with it are lost.
    """
    click.echo(new_encryption_key())


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option(
    "--long-term", "long_term", is_flag=True, help="Instead: whose tokens have no end. After a leak they are to be revoked."
)
def list_keys(*, as_json: bool, long_term: bool) -> None:
    """Who uses which key, and which may be taken out.

    Counts the rows that each key sealed, and answers in the journals of all hosts, as these last told. A key is removable when
    nothing needs it and no process of the last five minutes seals with it.
    """
    with opened() as container:
        if long_term:
            tell_long_term(container.list_keys(), as_json=as_json)
            return
        uses = container.list_keys()()
    click.echo(json.dumps([row_of(use) for use in uses], indent=2) if as_json else table_of(uses))


@keys.command()
def rotate() -> int:
    """Seal everything stored with the first key.

    It goes on while others rotate tokens, may be ended at any time, and begins where it is needed. The last line says how much
    was sealed anew and what is left; exit 1 if anything is.
    """
    with opened() as container, interruptible() as stopping, telling("looking for what other keys sealed…") as tell:
        container.advance_sealing()()
        done = container.reseal_tokens()(by=operator(), progress=lambda progress: tell(figures(progress)), stopping=stopping)
        if done.left and not stopping():
            click.echo(why_left(container.list_keys()()), err=True)
        if not done.left:
            container.advance_sealing().refuse_first()
    click.echo(figures(done))
    return FAILURE if done.left else 0


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option("--confirm", is_flag=True, help="It is lost for good: do it.")
def forget(key_id: str, *, confirm: bool) -> None:
    """Give up what a lost key sealed.

    Without its key a token is lost. Exactly the grants whose tokens it sealed are marked (key_lost), and their users asked to
    connect again; tokens on their way to be revoked are only erased.
    """
    with opened() as container:
        forget_key = container.forget_key()
        would = forget_key.would(key_id)
        if not (would.grants or would.revocations or would.shared):
            click.echo(f"the key {key_id} sealed nothing that is stored")
            return
        if not confirm:
            what = f"the users of {would.grants} grants have to connect again, and {would.revocations} tokens are not revoked"
            raise CommandFailure(f"without the key {key_id} {what}: if it is lost for good, say --confirm too")
        with telling("giving up what the key sealed…") as tell:
            done = forget_key(key_id, by=operator(), progress=lambda grants: tell(f"{grants} grants more"))
    click.echo(f"{done.grants} grants marked key_lost, {done.revocations} revocations given up")


@keys.command("open")
@click.argument("file")
def open_file(file: str) -> None:
    """Show an answer of TikTok's that nobody could read, and that may hold tokens.

    FILE is its path, or its name in JOURNAL_DIR (`….unread`). What is printed is a secret. Whose it is stands on stderr.
    """
    try:
        answer, content = open_unread(configured(), file)
    except OSError as fault:
        raise CommandFailure(f"{file} can't be read ({fault.strerror}): name a file, or one in JOURNAL_DIR") from None
    except UnreadableFile:
        raise CommandFailure(f"{file} is no unread answer, or it was damaged: name a file that ends in .unread") from None
    click.echo(f"grant {answer.grant} of user {answer.owner}, {answer.kept_at:%Y-%m-%d %H:%M:%S} UTC", err=True)
    click.echo(content, nl=False)


@contextmanager
def opened() -> Iterator[Container]:
    """A container for as long as a command takes."""
    container = ready(configured())
    try:
        container.sealer().sync()
        yield container
    finally:
        container.database().dispose()


def row_of(use: KeyUse) -> dict[str, object]:
    """A key's use under the names of the table."""
    return {name: getattr(use, name) for name in HEADINGS}


def table_of(uses: Iterable[KeyUse]) -> str:
    """For people."""
    rows = [HEADINGS, *([worded(cell) for cell in row_of(use).values()] for use in uses)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def worded(cell: object) -> str:
    """A cell's text."""
    return ("yes" if cell else "no") if isinstance(cell, bool) else str(cell)


def tell_long_term(list_keys: ListKeys, *, as_json: bool) -> None:
    """A line a grant: its id, its owner and its connections."""
    for grant in list_keys.long_term():
        click.echo(
            json.dumps(long_term_row(grant)) if as_json else "  ".join(map(str, (grant.id, grant.owner, *grant.connections)))
        )


def long_term_row(grant: Grant) -> dict[str, object]:
    """The same, by name."""
    return {"grantId": grant.id, "owner": grant.owner, "connectionIds": list(grant.connections)}


def figures(progress: Progress) -> str:
    """How far it is."""
    return f"{progress.resealed} re-sealed, {progress.left} left"


def why_left(uses: Iterable[KeyUse]) -> str:
    """What keeps the rest, and what to do."""
    absent = [use.id for use in uses if not use.here]
    if absent:
        remedy = "add it to TOKEN_ENCRYPTION_KEYS here, or `tiktok-connect keys forget` it"
        return f"{', '.join(absent)} sealed some of what is left: {remedy}"
    return "what is left was being changed, or is damaged (the log names the grants): run it again in a minute"
