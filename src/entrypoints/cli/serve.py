"""The command `serve`."""

import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from entrypoints.cli.command_line import debugging
from entrypoints.cli.configuration import configure_logs, configured, durable
from entrypoints.cli.listening_port import base_url, listener
from entrypoints.cli.uvicorn_shutdown import end_in_order, leave_in_order
from entrypoints.container import build
from entrypoints.deferred_imports import imported
from entrypoints.settings import Settings, load_settings, read_environment
from entrypoints.termination_signals import heed

log = logging.getLogger(__name__)

AsgiApp = Callable[..., Awaitable[None]]

HTTP_PROTOCOL = "entrypoints.http.bounded_protocol:BoundedProtocol"
"""HTTP/1.1 with limits, by name: doors do not know one another."""

FINISH_SECONDS = 10
"""How long requests under way are given at the end: a person's rotation waits for 5 s at most."""

ANSWER_SECONDS = 30
"""How long a process of several may say nothing before it is killed, with all that it has under way, and replaced."""


@dataclass(frozen=True)
class App:
    """Makes the ASGI application, in the process that serves it. It may be pickled, so it holds no settings but where to look."""

    own_address: str
    debug: bool

    def __call__(self) -> AsgiApp:
        settings = load_settings(read_environment(), own_address=self.own_address)
        configure_logs(settings, debug=self.debug)
        return application(settings)


def application(settings: Settings) -> AsgiApp:
    """The HTTP door over these settings, in the process that serves it: uvicorn has taken its signals, the others come to it."""
    heed(end_in_order, but={signal.SIGTERM})
    app: AsgiApp = imported("entrypoints.http.app:create_app")(build(settings))
    return app


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
def serve(host: str, port: int, workers: int) -> int:
    """The HTTP API and the pages.

    A signal ends it in order: requests and calls under way come to their end. With several --workers SIGHUP replaces them, one
    after the other, and no request fails.
    """
    with listener(host, port) as accepting:
        address = base_url(host, accepting.getsockname()[1])
        container = durable(configured(own_address=address))
        container.database().dispose()
        log.info("listening at %s", address)
        return listen(App(address, debugging()), accepting, keepalive=container.settings().web.keepalive, workers=workers)


def listen(app: Callable[[], AsgiApp], accepting: socket.socket, *, keepalive: timedelta, workers: int = 1) -> int:
    """Serve until a signal asks for the end; returns the exit status. X-Forwarded-* is the application's, not uvicorn's."""
    config = uvicorn.Config(
        app,
        factory=True,
        workers=workers,
        loop="uvloop",
        http=HTTP_PROTOCOL,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=int(keepalive.total_seconds()),
        timeout_graceful_shutdown=FINISH_SECONDS,
        timeout_worker_healthcheck=ANSWER_SECONDS,
    )
    leave_in_order()
    if workers > 1:
        supervisor = Multiprocess(config, [accepting])
        heed(lambda *_: supervisor.signal_queue.append(signal.SIGTERM), but={signal.SIGHUP})
        supervisor.run()
        return 0
    server = uvicorn.Server(config)
    server.run(sockets=[accepting])
    return 0 if server.started else 1
