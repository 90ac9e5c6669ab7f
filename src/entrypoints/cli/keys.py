"""The commands `keys …`."""

import click

from entrypoints.cli.configuration import configured
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.operations import UnreadableFile, new_encryption_key, open_unread


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
