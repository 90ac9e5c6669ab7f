"""The commands `pause` and `resume`: all calls to TikTok, in every process that shares the database."""

from pathlib import Path

import click

from domain.pause import Pause
from entrypoints.cli.configuration import configured, ready
from entrypoints.cli.demo_folder import DemoFolder
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure, instant, why_paused
from entrypoints.cli.operator_name import operator_name
from entrypoints.container import Container
from entrypoints.settings.setting_values import DATA_DIR

LONGEST_NAME = 200

of_the_demo = click.option("--demo", is_flag=True, help=f"Those of the demo whose data is in {DATA_DIR}/.")


@click.command()
@click.option("--by", metavar="NAME", help="Who pauses them, for others to see. Default: your name on this machine.")
@of_the_demo
def pause(by: str | None, *, demo: bool) -> None:
    """Stop all calls to TikTok, in every process, without a deploy.

    Processes learn of it within three seconds; calls that are under way come to their end. Tokens that are valid are still
    served, and Disconnect works. A restart changes nothing: `resume` ends it.
    """
    container = container_of(demo=demo)
    try:
        name = " ".join((by or operator_name()).split())[:LONGEST_NAME] or operator_name()
        click.echo(why_paused(container.pause_calls()(name)))
    finally:
        container.database().dispose()


@click.command()
@of_the_demo
def resume(*, demo: bool) -> None:
    """Let calls to TikTok go on. What is due by then is done most urgent first."""
    container = container_of(demo=demo)
    try:
        click.echo(resumed(container.resume_calls()(operator_name())))
        if own := container.pause_watch().pause():
            click.echo(f"but here {why_paused(own)}")
    finally:
        container.database().dispose()


def container_of(*, demo: bool) -> Container:
    """With the environment's settings, or the demo's. Raises CommandFailure."""
    if not demo:
        return ready(configured())
    folder = DemoFolder(Path(DATA_DIR))
    if (notes := folder.read()) is None:
        raise CommandFailure(f"there is no demo in {DATA_DIR}/ of this folder: `tiktok-connect demo` makes one")
    return ready(notes.settings(folder.path))


def resumed(ended: Pause | None) -> str:
    """What to say of it."""
    if ended is None:
        return "calls to TikTok were not paused"
    return f"calls to TikTok go on within three seconds; they were paused since {instant(ended.since)} by {ended.by}"
