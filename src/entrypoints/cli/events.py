"""The commands `events replay` and `events dead`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import click

from application.ports.webhook_queue import DeadLetter
from entrypoints.cli.configuration import configured, ready
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure, instant
from entrypoints.cli.point_in_time import before, since_option
from entrypoints.cli.progress import telling
from entrypoints.container import Container


@click.group()
def events() -> None:
    """Webhooks: sent again, and those that were given up."""


@events.command()
@since_option(required=True)
def replay(since: datetime | timedelta) -> None:
    """Send the events since this time to the webhook receiver once more, and those of them that were given up.

    They keep their ids and their order, and carry what the connections are like now. The workers deliver them.
    """
    with opened() as container, telling("events are queued …") as tell:
        begin = before(container.clock().now(), since)
        count = container.replay_events()(begin, progress=lambda queued: tell(f"{queued} events are queued"))
    click.echo(f"{count} messages since {instant(begin)} are sent again")


@events.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def dead(*, as_json: bool) -> None:
    """List the events that were given up, the newest first: the receiver took them at no attempt in three days."""
    with opened() as container:
        letters = container.replay_events().dead_letters()
    if as_json:
        click.echo(json.dumps([row_of(letter) for letter in letters], indent=2))
        return
    for letter in letters:
        click.echo("  ".join(str(value) for value in row_of(letter).values()))
    click.echo(f"{len(letters)} given up" + ("; `tiktok-connect events replay --since TIME` sends them again" if letters else ""))


def row_of(letter: DeadLetter) -> dict[str, object]:
    """What is shown of one: nothing of what it says."""
    message = letter.message
    times = {"at": message.at, "givenUpAt": letter.given_up_at}
    return {
        "id": message.id,
        "type": message.type,
        "grant": message.grant,
        **{name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in times.items()},
        "attempts": letter.attempts,
    }


@contextmanager
def opened() -> Iterator[Container]:
    """With the environment's settings. Raises CommandFailure where there is no receiver."""
    settings = configured()
    if settings.webhooks.url is None:
        raise CommandFailure("there is no receiver of webhooks: set WEBHOOK_URL and WEBHOOK_SECRETS")
    container = ready(settings)
    try:
        yield container
    finally:
        container.database().dispose()
