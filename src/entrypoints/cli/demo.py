"""The command `demo`."""

import os
import socket
import sys
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click

from entrypoints.cli.child_processes import Stopped, Supervisor
from entrypoints.cli.command_line import debugging
from entrypoints.cli.demo_folder import NOTES, DemoFolder, Notes
from entrypoints.cli.demo_processes import HOST, PARTS, port_of, run_part
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.cli.listening_port import base_url, is_free, listener
from entrypoints.operations import migrate_schema
from entrypoints.settings.setting_values import DATA_DIR, SpendSettings

START_WITHIN = 30
"""Seconds; three times what a slow machine needs."""


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="The simulator takes the next one, or another that is free.",
)
@click.option(
    "--access-token-seconds",
    type=click.IntRange(10, 86_400),
    default=120,
    show_default=True,
    help="Life of the simulated access tokens; they are renewed at about half of it.",
)
@click.option("--fresh", is_flag=True, help=f"Forget everything that an earlier demo left in {DATA_DIR}/.")
@click.option("--part", type=click.Choice(PARTS), hidden=True)
def demo(port: int, access_token_seconds: int, *, fresh: bool, part: str | None) -> int:
    """Everything at once: a simulator of TikTok, the API and pages, a Celery worker and beat, over SQLite.

    No account is needed anywhere. The environment and .env are ignored; all data is in .data/ of this folder, and is found
    again the next time. Ctrl-C stops everything.
    """
    folder = DemoFolder(Path(DATA_DIR))
    if part:
        return run_part(part, folder)
    listener(HOST, port).close()
    with folder.held(fresh=fresh), Supervisor(environment()) as supervisor:
        try:
            run(supervisor, folder, port, access_token_seconds)
        except Stopped:
            click.echo("\nstopping…")
    return 0


def run(supervisor: Supervisor, folder: DemoFolder, port: int, access_token_seconds: int) -> None:
    """Start all parts, say where they are, and watch them. Raises Stopped, Trouble."""
    notes = write_notes(folder, port, access_token_seconds)
    settings = notes.settings(folder.path)
    click.echo("starting…")
    start = [sys.executable, "-P", "-m", "entrypoints.cli", "demo", *(["--debug"] if debugging() else []), "--part"]
    supervisor.start(PARTS[0], [*start, PARTS[0]], folder.log(PARTS[0]))
    migrate_schema(settings.storage.database_url)
    for part in PARTS[1:]:
        supervisor.start(part, [*start, part], folder.log(part))
    for part, address, path in ((PARTS[0], notes.simulator, "/"), (PARTS[1], notes.address, "/health/live")):
        if not supervisor.wait_until(partial(answers, address, path), within=START_WITHIN):
            raise CommandFailure(f"the demo's {part} did not start within {START_WITHIN} s: why stands in {folder.log(part)}")
    announce(notes, folder, settings.spend)
    supervisor.watch()


def write_notes(folder: DemoFolder, port: int, access_token_seconds: int) -> Notes:
    """The addresses of this run, with the secrets of the first one."""
    address, simulator = base_url(HOST, port), base_url(HOST, port_for_simulator(port))
    notes = folder.read() or Notes.new(address, simulator, access_token_seconds)
    notes = notes.at(address, simulator, access_token_seconds)
    folder.write(notes)
    return notes


def port_for_simulator(port: int) -> int:
    """The next port, or any that is free."""
    if port < 65535 and is_free(HOST, port + 1):  # noqa: PLR2004 (the highest port there is)
        return port + 1
    with socket.create_server((HOST, 0)) as anywhere:
        return int(anywhere.getsockname()[1])


def answers(address: str, path: str) -> bool:
    """Whether a server is there."""
    connection = HTTPConnection(HOST, port_of(address), timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500  # noqa: PLR2004 (HTTP's own border)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def announce(notes: Notes, folder: DemoFolder, spend: SpendSettings) -> None:
    """The addresses, and what to know."""
    click.echo(f"""
TikTok Ads Connect, a demo

  open       {notes.address}/
  simulator  {notes.simulator}/

Access tokens live {notes.access_token_seconds} s and are renewed at about half of that; the worker looks every \
{notes.sweep_interval.total_seconds():.0f} s.
Ad spend is read within seconds of connecting, that of today and yesterday again every \
{spend.recent_every.total_seconds():.0f} s. The shop's orders beside it are made up.
A WAB Dashboard shows connections in its own pages once WAB_DATABASE_URL is set: the demo does without.
Secrets to try the API with: {folder.path / NOTES} · logs: {folder.log("*")} · stop: Ctrl-C""")


def environment() -> dict[str, str]:
    """The children's: Celery reads variables of its own over whatever it is told."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CELERY_", "UVICORN_"))}
