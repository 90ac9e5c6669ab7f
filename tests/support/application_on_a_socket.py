"""An application behind a real socket, in this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from litestar import Litestar
from litestar.types import ASGIApp

from entrypoints.http.bounded_protocol import BoundedProtocol


@contextmanager
def served(
    app: Litestar | ASGIApp, protocol: type[BoundedProtocol] = BoundedProtocol, *, port: int = 0, keepalive: int = 75
) -> Iterator[str]:
    """Serve an ASGI application as `serve` does; yields its address. Its lifespan ends with it."""
    with socket.create_server(("127.0.0.1", port), backlog=512) as listener:
        config = uvicorn.Config(
            app,
            http=protocol,
            loop="uvloop",
            timeout_keep_alive=keepalive,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
