"""The simulator as a server: `serve` in a process of its own, `running_simulator` in a thread of a test."""

import asyncio
import ipaddress
import socket
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .app import create_app
from .asgi import Receive, Scope, Send
from .clock import Clock
from .config import Config
from .running_simulator import Control, RunningSimulator
from .simulated_users import DEFAULT_APPS
from .simulator import Simulator
from .state import SimulatorState
from .state_file import StateFile
from .token_state_machine import Machine
from .wire_faults import TRANSPORT

LOOPBACK: Final = "127.0.0.1"
START_SECONDS: Final = 10  # far more than a start takes
STOP_SECONDS: Final = 2  # the time that calls under way get


def serve(
    host: str = LOOPBACK,
    port: int = 9000,
    *,
    config: Config | None = None,
    apps: Mapping[str, str] = DEFAULT_APPS,
    redirect_uris: Sequence[str] = (),
    control_token: str | None = None,
    state_file: Path | None = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Run the simulator until SIGINT or SIGTERM, which are raised again once it has stopped.

    apps maps app ids to secrets. With redirect_uris only those are redirected to; without, any https or loopback address.
    With state_file everything is found again at the next start. announce is called with the URL as soon as it listens.
    Raises ValueError when host is not loopback and there is no control_token, OSError when the port is taken.
    """
    if not control_token and not is_loopback(host):
        raise ValueError("Beyond loopback the simulator needs a control token, since anybody could change it.")
    simulator = _simulator(
        config=config, apps=apps, redirect_uris=redirect_uris, control_token=control_token, state_file=state_file
    )
    with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        server = _Server(simulator)
        if announce is not None:
            url = _url(host, listener)
            server.ready.add_done_callback(lambda _: announce(url))
        server.run(sockets=[listener])


@contextmanager
def running_simulator(
    *,
    apps: Mapping[str, str] = DEFAULT_APPS,
    redirect_uris: Sequence[str] = (),
    control_token: str | None = None,
    state_file: Path | None = None,
    clock: Clock | None = None,
    port: int = 0,
    **settings: object,
) -> Iterator[RunningSimulator]:
    """A simulator in a thread of its own, on a free port of 127.0.0.1 unless `port` is given. Settings are Config's fields.

    Several may run in one process. Leaving the context drops what still hangs and stops it.
    """
    simulator = _simulator(
        config=Config().but(**settings),
        apps=apps,
        redirect_uris=redirect_uris,
        control_token=control_token,
        state_file=state_file,
        clock=clock,
    )
    with socket.create_server((LOOPBACK, port)) as listener:
        server = _Server(simulator)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="tiktok-simulator", daemon=True)
        thread.start()
        try:
            loop = server.ready.result(START_SECONDS)
            app_id, app_secret = next(iter(apps.items()))
            yield RunningSimulator(_url(LOOPBACK, listener), app_id, app_secret, Control(simulator, loop))
        finally:
            server.stop()
            thread.join()


class _TransportInScope(HttpToolsProtocol):
    """Shows the app its connection, for the faults that must break it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False  # an access log would hold the secrets that TikTok has in queries
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {TRANSPORT: self.transport}
            await app(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready, and lets nothing hang when it stops."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(simulator),
                http=_TransportInScope,
                ws="none",
                lifespan="off",
                log_config=None,
                server_header=False,
                headers=[("X-TikTok-Simulator", "1")],
            )
        )
        self._simulator = simulator
        self.ready: Future[AbstractEventLoop] = Future()

    def stop(self) -> None:
        """Stop, from another thread. Its own thread learns all of it at once: else its loop might be closed in between."""
        if self.ready.done() and not self.ready.exception():
            self.ready.result().call_soon_threadsafe(self._end)
        else:
            self.should_exit = True

    def _end(self) -> None:
        self.should_exit = True
        self._simulator.closing.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set_result(asyncio.get_running_loop())

    async def main_loop(self) -> None:
        """As uvicorn does, except that a stop is noticed at once."""
        ticks = 0
        while not await self.on_tick(ticks):
            await self._simulator.pause(0.1)
            ticks += 1

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does, without its fixed waits: answers that are under way are finished, what still hangs then is dropped."""
        self._simulator.closing.set()
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        last = asyncio.get_running_loop().time() + STOP_SECONDS
        while self._busy() and asyncio.get_running_loop().time() < last:  # noqa: ASYNC110 - uvicorn tells nobody when it is done
            await asyncio.sleep(0.002)
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def _busy(self) -> bool:
        return bool(self.server_state.connections or self.server_state.tasks)


def _simulator(
    *,
    config: Config | None,
    apps: Mapping[str, str],
    redirect_uris: Sequence[str],
    control_token: str | None,
    state_file: Path | None,
    clock: Clock | None = None,
) -> Simulator:
    file = StateFile(state_file) if state_file else None
    state = (file.load() if file else None) or SimulatorState()
    machine = Machine(clock=clock, config=config, apps=apps, state=state)
    return Simulator(machine, state_file=file, redirect_uris=redirect_uris, control_token=control_token)


def _url(host: str, listener: socket.socket) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
