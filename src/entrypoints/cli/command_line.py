"""`tiktok-connect`: which commands there are, and `main`, which runs one and ends with its exit status."""

import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import click

from entrypoints.deferred_imports import imported

PROGRAM = "tiktok-connect"
INTERRUPTED = 128 + signal.SIGINT
"""A shell's word for a command that Ctrl-C ended."""

LONGEST_HELP_LINE = 1000
"""Characters: more than any sentence has."""

COMMANDS = {
    "demo": ("entrypoints.cli.demo:demo", "Everything at once on embedded defaults, no account anywhere."),
    "serve": ("entrypoints.cli.serve:serve", "The HTTP API and the pages."),
    "worker": ("entrypoints.cli.celery_processes:worker", "The Celery worker, which renews what is due."),
    "beat": ("entrypoints.cli.celery_processes:beat", "Celery beat, which tells the workers when to look."),
    "simulator": ("entrypoints.cli.simulator:simulator", "A simulator of TikTok for your own development."),
    "migrate": ("entrypoints.cli.migrate:migrate", "Bring the database's schema to this version's."),
    "doctor": ("entrypoints.cli.doctor:doctor", "Check configuration, keys, database, journal, broker and TikTok."),
    "status": ("entrypoints.cli.status:status", "The fleet's grants: health, due, overdue, at risk."),
    "history": ("entrypoints.cli.history:history", "What happened to a connection, and who asked."),
    "refresh": ("entrypoints.cli.refresh:refresh", "Renew tokens now."),
    "adopt": ("entrypoints.cli.adopt:adopt", "End a hold: the database was restored, is a copy, or has moved."),
    "pause": ("entrypoints.cli.pause:pause", "Stop all calls to TikTok, in every process, without a deploy."),
    "resume": ("entrypoints.cli.pause:resume", "Let calls to TikTok go on."),
    "erase": ("entrypoints.cli.erase:erase", "Erase everything of a user."),
    "spend": ("entrypoints.cli.spend:spend", "Ad spend: import it now, and show what there is."),
    "wab": ("entrypoints.cli.wab:wab", "The dashboard's own database: what is shown in it, and taken over from it."),
    "events": ("entrypoints.cli.events:events", "Webhooks: sent again, and those that were given up."),
    "keys": ("entrypoints.cli.keys:keys", "Token encryption keys."),
}
"""Where each command is, and its line in the help: that imports none of them, and is quick."""


@dataclass(slots=True)
class Asked:
    """What holds for a command line as a whole."""

    debug: bool = False


def note_debug(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click's signature)
    """Remember it, whether it stood before or after the command."""
    if value and (asked := context.find_object(Asked)):
        asked.debug = True


def debug_option() -> click.Option:
    """The option that every command has."""
    return click.Option(
        ["--debug"], is_flag=True, expose_value=False, callback=note_debug, help="Show tracebacks, and more in the logs."
    )


def debugging() -> bool:
    """Whether --debug was given. For use within a command."""
    asked = click.get_current_context().find_object(Asked)
    return asked is not None and asked.debug


class Commands(click.Group):
    """Finds each command when it is called for."""

    def __init__(self, places: Mapping[str, tuple[str, str]], help_text: str) -> None:
        super().__init__(PROGRAM, help=help_text)
        click.version_option(None, package_name=PROGRAM, message="%(package)s %(version)s", help="Show the version.")(self)
        self.params.append(debug_option())
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return None
        command: click.Command = imported(self._places[cmd_name][0])
        give_debug(command)
        keep_help_lines_whole(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._places.items()])


def give_debug(command: click.Command) -> None:
    """Let --debug stand after this command and its sub-commands too."""
    if not any(parameter.name == "debug" for parameter in command.params):
        command.params.append(debug_option())
    if isinstance(command, click.Group):
        for below in command.commands.values():
            give_debug(below)


def keep_help_lines_whole(command: click.Command) -> None:
    """Have a group list its commands by their whole first sentences, which click would cut at the width of the terminal."""
    if isinstance(command, click.Group):
        for below in command.commands.values():
            below.short_help = below.get_short_help_str(LONGEST_HELP_LINE)
            keep_help_lines_whole(below)


cli = Commands(COMMANDS, "Connects TikTok Ads accounts, and keeps their tokens alive.")


def drop_what_stdout_refuses() -> None:
    """Else Python tries it again at the exit, fails again, and changes the status."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line. Failures are one line on stderr: what is wrong and what to do. Exit 2 for usage, 1 for failure."""
    asked = Asked()
    os.umask(0o077)  # what is written is its owner's alone: databases, journals, logs, whatever a library makes
    try:
        status = cli.main(arguments, PROGRAM, standalone_mode=False, obj=asked)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 (the outermost place: whatever it is becomes one line)
        if asked.debug:
            traceback.print_exc()
        line, status = imported("entrypoints.cli.error_to_line_and_exit_status:explain")(error)
        if line:
            click.echo(f"{PROGRAM}: {line}", err=True)
        drop_what_stdout_refuses()
    sys.exit(status if isinstance(status, int) else 0)
