"""The simulator's command: its options, what it prints, and `tiktok-simulator` itself."""

import errno
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

import click
import msgspec

from .config import Config
from .server import is_loopback, serve
from .simulated_users import DEFAULT_APPS

MOST_REDIRECT_URIS: Final = 10  # of an app, by TikTok's documentation
_OWN: Final = ("host", "port", "control_token", "state_file", "apps", "app_id", "app_secret", "app_secret_file", "redirect_uris")


SETTINGS: Final = {
    "access_token_seconds": "Life of an access token.",
    "refresh_token_seconds": "Life of a refresh token.",
    "profile": "At v1.x: tokens that are renewed, or ones without an end. From v2.0 on the app chooses.",
    "rotation_mode": "What a spent refresh token does: nothing, the same again within the grace, or the end of its consent.",
    "grace_seconds": "With --rotation-mode grace: how long a spent token gets the same answer.",
    "year_restarts": "A rotation starts the refresh token's life anew.",
    "latency_ms": "What every answer takes.",
    "calls_per_second": "What an app may; 0: no limit.",
    "minute_limit": "The same for a minute.",
    "day_limit": "The same for a day.",
    "error_status": "HTTP status of failures.",
}
"""Config's fields that can be said on the command line. Their types, bounds and defaults are Config's own."""


def setting(field: msgspec.structs.FieldInfo) -> click.Option:
    """The option of one field."""
    name, help_text = f"--{field.name.replace('_', '-')}", SETTINGS[field.name]
    kind: click.Choice[str] | click.IntRange
    match msgspec.inspect.type_info(field.type):
        case msgspec.inspect.BoolType():
            return click.Option([name], is_flag=True, help=help_text)
        case msgspec.inspect.LiteralType(values=values):
            kind = click.Choice([str(value) for value in sorted(values, key=lambda value: value != field.default)])
        case msgspec.inspect.IntType(ge=lowest):
            kind = click.IntRange(lowest)
        case _:
            raise TypeError(f"no option is made of the type of {field.name}")
    return click.Option([name], type=kind, default=str(field.default), show_default=True, help=help_text)


def options() -> list[click.Parameter]:
    """What can be said on the command line: what `serve` takes, and settings of Config's."""
    return [
        click.Option(["--host"], default="127.0.0.1", show_default=True, help="Beyond this machine: with --control-token only."),
        click.Option(["--port"], type=click.IntRange(0, 65535), default=9000, show_default=True, help="0: any free one."),
        click.Option(["--control-token"], help="Bearer token that /_sim then demands."),
        click.Option(
            ["--state-file"], type=click.Path(dir_okay=False, path_type=Path), help="Find everything again at the next start."
        ),
        click.Option(["--app", "apps"], multiple=True, metavar="ID:SECRET", help="An app that it knows; may be repeated."),
        click.Option(["--app-id"], help="The one app it knows, instead of its own example."),
        click.Option(["--app-secret"], help="That app's secret. Who lists the machine's processes reads it."),
        click.Option(
            ["--app-secret-file"],
            type=click.Path(dir_okay=False, exists=True, path_type=Path),
            help="A file with that secret and nothing else, in its place.",
        ),
        click.Option(
            ["--redirect-uri", "redirect_uris"], multiple=True, help="Registered address; may be repeated. None: any is allowed."
        ),
        *(setting(field) for field in msgspec.structs.fields(Config) if field.name in SETTINGS),
    ]


HELP: Final = """A simulator of TikTok: consent page, tokens, campaigns, reports, faults on demand. Its control API is /_sim.

It prints the variables to set. The app that it knows by itself, and that app's secret, are public.
"""


def run(values: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """Serve until a signal ends it. Raises click.UsageError, OSError for a taken port, ValueError for a strange state file."""
    own = {name: values.get(name) for name in _OWN}
    config = {name: value for name, value in values.items() if name not in _OWN}
    config["error_status"] = 200 if config.get("error_status") == "200" else config.get("error_status", 200)
    apps = _apps(own)
    if not (is_loopback(str(own["host"])) or own["control_token"]):
        raise click.UsageError("--host beyond this machine needs --control-token, since anybody could change the simulator.")
    if len(own["redirect_uris"] or ()) > MOST_REDIRECT_URIS:
        raise click.UsageError(f"--redirect-uri: TikTok registers at most {MOST_REDIRECT_URIS} of an app.")
    serve(
        str(own["host"]),
        own["port"] or 0,
        config=Config().but(**config),
        apps=apps,
        redirect_uris=own["redirect_uris"] or (),
        control_token=own["control_token"],
        state_file=own["state_file"],
        announce=lambda url: say(where(url, apps)),
    )


def where(url: str, apps: Mapping[str, str]) -> str:
    """What to set. A secret that was given is not repeated: output is kept in more places than it should be."""
    app_id, secret = next(iter(apps.items()))
    shown = f"TIKTOK_APP_SECRET={secret}" if apps is DEFAULT_APPS else "TIKTOK_APP_SECRET: the one given to this command"
    return "\n".join(
        [
            f"the simulator of TikTok listens at {url}/",
            f"TIKTOK_API_URL={url}/open_api/v1.3",
            f"TIKTOK_AUTH_URL={url}/portal/auth",
            f"# to choose the kind of tokens: TIKTOK_AUTH_API_URL={url}/open_api/v2.0 and TIKTOK_TOKEN_TERM=short",
            f"TIKTOK_APP_ID={app_id}",
            shown,
        ]
    )


def main() -> NoReturn:
    """The command `tiktok-simulator`: usage errors exit with 2, failures with 1, each in one line."""
    logging.basicConfig(format="%(message)s")
    os.umask(0o077)  # the state file is its owner's alone
    signal.signal(signal.SIGTERM, _end)  # uvicorn stops in order, then raises the signal again
    command = click.Command("tiktok-simulator", params=options(), help=HELP, callback=lambda **values: run(values, _print))
    try:
        command.main(standalone_mode=False)
    except click.UsageError as error:
        _fail(f"{error.format_message()} Try --help.", 2)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(0)
    except OSError as error:
        remedy = "choose another with --port" if error.errno == errno.EADDRINUSE else "see that it may be used"
        _fail(f"{error}: {remedy}", 1)
    except ValueError as error:
        _fail(str(error), 1)
    sys.exit(0)


def _apps(own: Mapping[str, Any]) -> Mapping[str, str]:
    secret = _secret(own["app_secret"], own["app_secret_file"])
    if (own["app_id"] is None) != (secret is None):
        raise click.UsageError("--app-id and --app-secret-file (or --app-secret) go together.")
    apps = {} if own["app_id"] is None else {str(own["app_id"]): str(secret)}
    for given in own["apps"] or ():
        app_id, _, of_app = given.partition(":")
        if not (app_id and of_app):
            raise click.UsageError("--app takes ID:SECRET.")
        apps[app_id] = of_app
    return apps or DEFAULT_APPS


def _secret(given: str | None, file: Path | None) -> str | None:
    if file is None:
        return given
    if given is not None:
        raise click.UsageError("Give --app-secret-file or --app-secret, not both.")
    secret = file.read_text("utf-8").strip()
    if not secret:
        raise click.UsageError(f"{file} holds no secret.")
    return secret


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - it is a command


def _fail(text: str, status: int) -> NoReturn:
    print(f"tiktok-simulator: {text}", file=sys.stderr)  # noqa: T201 - it is a command
    sys.exit(status)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
