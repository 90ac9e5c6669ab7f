"""The command `simulator`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from entrypoints.cli.command_line import debugging
from entrypoints.cli.error_lines import CommandFailure
from entrypoints.cli.ports import taken
from entrypoints.cli.serve import leave_in_order
from entrypoints.operations import run_simulator, simulated_app
from entrypoints.settings.addresses import is_loopback
from entrypoints.telemetry.logs import configure_logging


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Beyond this machine: with --control-token only.")
@click.option("--port", type=click.IntRange(0, 65535), default=9000, show_default=True, help="0: any free one.")
@click.option("--control-token", help="Bearer token that /_sim then demands.")
@click.option("--state-file", type=click.Path(dir_okay=False, path_type=Path), help="Find everything again at the next start.")
@click.option("--app-id", help="The one app it knows, instead of its own examples.")
@click.option("--app-secret", help="That app's secret.")
@click.option(
    "--profile",
    type=click.Choice(["rotating", "long-term"]),
    default="rotating",
    show_default=True,
    help="Tokens that are renewed, or ones without an end.",
)
@click.option(
    "--rotation-mode",
    type=click.Choice(["strict", "grace", "reuse-revokes-family"]),
    default="strict",
    show_default=True,
    help="What a spent refresh token does: nothing, the same again within the grace, or the end of all that came of it.",
)
@click.option(
    "--access-token-seconds", type=click.IntRange(1), default=86_400, show_default=True, help="Life of an access token."
)
@click.option(
    "--refresh-token-seconds", type=click.IntRange(1), default=31_536_000, show_default=True, help="Life of a refresh token."
)
@click.option(
    "--grace-seconds",
    type=click.IntRange(0),
    default=60,
    show_default=True,
    help="With --rotation-mode grace: how long a spent token gets the same answer.",
)
@click.option("--latency-ms", type=click.IntRange(0), default=0, show_default=True, help="Milliseconds that every answer takes.")
@click.option(
    "--calls-per-second", type=click.IntRange(0), default=0, show_default=True, help="What it takes of an app; 0: no limit."
)
def simulator(
    host: str,
    port: int,
    control_token: str | None,
    state_file: Path | None,
    app_id: str | None,
    app_secret: str | None,
    **config: Any,  # noqa: ANN401 (its own options, handed on)
) -> None:
    """A simulator of TikTok: consent page, rotating tokens, faults on demand. Its control API is /_sim.

    It prints the variables to set. The app that it knows by itself, and that app's secret, are public.
    """
    configure_logging(debug=debugging())
    if (app_id is None) != (app_secret is None):
        raise click.UsageError("--app-id and --app-secret go together.")
    if not (is_loopback(host) or control_token):
        raise click.UsageError("--host beyond this machine needs --control-token, since anybody could change the simulator.")
    leave_in_order()
    try:
        run_simulator(
            host=host,
            port=port,
            control_token=control_token,
            state_file=state_file,
            app=(app_id, app_secret) if app_id and app_secret else None,
            announce=partial(say_where, app_id=app_id, app_secret=app_secret),
            **config,
        )
    except OSError as error:
        if error.filename is not None:  # the state file
            raise
        raise taken(host, port, error) from None
    except ValueError as error:
        raise CommandFailure(str(error)) from None


def say_where(url: str, *, app_id: str | None, app_secret: str | None) -> None:
    """Print what to set. A secret that was given is not repeated: output is kept in more places than it should be."""
    example_id, example_secret = simulated_app()
    click.echo(f"the simulator of TikTok listens at {url}/")
    click.echo(f"TIKTOK_API_URL={url}/open_api/v1.3")
    click.echo(f"TIKTOK_AUTH_URL={url}/portal/auth")
    click.echo(f"TIKTOK_APP_ID={app_id or example_id}")
    click.echo("TIKTOK_APP_SECRET: the one given with --app-secret" if app_secret else f"TIKTOK_APP_SECRET={example_secret}")
