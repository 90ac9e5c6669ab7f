"""What the demo's child processes run."""

import logging
from urllib.parse import urlsplit

from entrypoints.cli.child_processes import end_with_parent
from entrypoints.cli.command_line import debugging
from entrypoints.cli.configuration import configure_logs
from entrypoints.cli.demo_folder import STATE, DemoFolder, Notes
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.cli.listening_port import listener
from entrypoints.deferred_imports import imported
from entrypoints.settings import Settings
from entrypoints.simulation import run

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
PARTS = ("simulator", "api", "worker", "beat")
"""Started in this order, ended in the other one."""


def run_part(part: str, folder: DemoFolder) -> int:
    """One of PARTS, until a signal comes or the supervisor is gone. Returns the exit status."""
    end_with_parent()
    notes = folder.read()
    if notes is None:
        raise CommandFailure(f"{folder.path} is not the demo's folder")
    settings = notes.settings(folder.path)
    configure_logs(settings, debug=debugging())
    try:
        return run_named(part, notes, settings, folder)
    except Exception:
        log.exception("this part of the demo can't go on")
        raise


def run_named(part: str, notes: Notes, settings: Settings, folder: DemoFolder) -> int:
    """One of PARTS, under these settings."""
    match part:
        case "simulator":
            simulate(notes, settings, folder)
            return 0
        case "api":
            return serve(settings)
        case "worker":
            return int(imported("entrypoints.worker.run:run_worker")(settings, pool="threads", concurrency=2, debug=debugging()))
        case _:
            return int(imported("entrypoints.worker.run:run_beat")(settings, debug=debugging()))


def simulate(notes: Notes, settings: Settings, folder: DemoFolder) -> None:
    """TikTok, with short lives of access tokens. A refresh token lives for its year, however long the demo was stopped."""
    imported("entrypoints.cli.uvicorn_shutdown:leave_in_order")()
    values = {
        "host": HOST,
        "port": port_of(notes.simulator),
        "state_file": folder.path / STATE,
        "app_id": settings.tiktok.app_id,
        "app_secret": settings.tiktok.app_secret.reveal(),
        "redirect_uris": [settings.tiktok.redirect_uri],
        "access_token_seconds": notes.access_token_seconds,
    }
    run(values, log.info)


def serve(settings: Settings) -> int:
    """The HTTP door."""
    listen, application = imported("entrypoints.cli.serve:listen"), imported("entrypoints.cli.serve:application")
    with listener(HOST, port_of(settings.web.dashboard_url)) as accepting:
        return int(listen(lambda: application(settings), accepting, keepalive=settings.web.keepalive))


def port_of(url: str) -> int:
    """The port of one of the demo's own addresses."""
    port = urlsplit(url).port
    if port is None:
        raise ValueError("an address of the demo has a port")
    return port
