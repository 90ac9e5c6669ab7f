"""A server that does to a connection whatever a test wants: what no well-behaved framework would."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Self


class Peer:
    """One accepted connection, as a misbehaving server sees it, and the request that came over it."""

    def __init__(self, connection: socket.socket, over: threading.Event, request: bytes = b"") -> None:
        self.connection, self.over, self.request = connection, over, request

    def send(self, text: bytes) -> None:
        self.connection.sendall(text)

    def reply(self, body: bytes, *, status: int = 200, headers: str = "") -> None:
        self.send(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)

    def drip(self, text: bytes, *, every: float) -> None:
        """One byte at a time, until the other side leaves."""
        for byte in text:
            if self.over.wait(every):
                return
            self.send(bytes([byte]))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def keep_silent(self) -> None:
        self.over.wait(30)


Behaviour = Callable[[Peer], None]


def answering(body: bytes | dict[str, object], *, status: int = 200, headers: str = "") -> Behaviour:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda peer: peer.reply(text, status=status, headers=headers)


class RawServer:
    """Listens on 127.0.0.1. The n-th request gets the n-th behaviour, later ones the last; all requests are kept whole."""

    def __init__(self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._behaviours, self._tls = behaviours, tls
        self._over, self._lock = threading.Event(), threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.connections = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                self._start(partial(self._serve, connection))

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), self._secured(connection) as channel:
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := _read(channel):
                with self._lock:
                    self.requests.append(request)
                    behaviour = self._behaviours[min(len(self.requests), len(self._behaviours)) - 1]
                behaviour(Peer(channel, self._over, request))

    @contextlib.contextmanager
    def _secured(self, connection: socket.socket) -> Iterator[socket.socket]:
        if self._tls is None:
            yield connection
        else:
            with self._tls.wrap_socket(connection, server_side=True) as channel:
                yield channel


def _read(connection: socket.socket) -> bytes:
    """One whole request; nothing when the other side is gone."""
    text = b""
    while b"\r\n\r\n" not in text:
        if not (more := connection.recv(65_536)):
            return b""
        text += more
    head, _, body = text.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        if not (more := connection.recv(65_536)):
            return b""
        body += more
    return head + b"\r\n\r\n" + body
