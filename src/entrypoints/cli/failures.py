"""From an error to its line on stderr and the exit status: one table."""

from __future__ import annotations

import click

from domain.errors import Refusal, StoreUnavailable
from entrypoints.redaction import Redaction
from entrypoints.settings import InvalidSettings

FAILURE, USAGE = 1, 2


class Trouble(Exception):
    """What went wrong and what to do about it, as a sentence for a person."""


def explain(error: Exception) -> tuple[str, int]:
    """The line, without secrets, and the exit status."""
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "tiktok-connect"
        missing = isinstance(error, click.exceptions.NoArgsIsHelpError)
        return f"{'A command is missing.' if missing else one_line(error.format_message())} See: {path} --help", USAGE
    return sentence(error), FAILURE


def sentence(error: Exception) -> str:
    """What to tell a person of it."""
    match error:
        case click.ClickException():
            return one_line(error.format_message())
        case Trouble() | InvalidSettings():
            return one_line(str(error))
        case StoreUnavailable():
            return f"the database can't be used ({one_line(str(error))}): see that it runs and that DATABASE_URL is right"
        case Refusal():
            return one_line(str(error) or type(error).__name__)
        case OSError():
            return f"{one_line(str(error))}: see that this user may use it"
        case _:
            return f"failed unexpectedly ({type(error).__name__}); --debug shows where"


def one_line(text: str) -> str:
    """The text on one line, without what looks like a secret."""
    return Redaction().text(" ".join(text.split()))
