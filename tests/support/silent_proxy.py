"""A TCP proxy that can fall silent: connections stay open, and nothing passes any more."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class SilentProxy:
    """Listens on a free port of 127.0.0.1, and passes everything on to `port` until it is silent."""

    def __init__(self, port: int) -> None:
        self._to, self._listener = port, socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._selector, self._silent, self._ended = selectors.DefaultSelector(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._pass_on, name="proxy", daemon=True)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread.start()

    def fall_silent(self) -> None:
        """From now on nothing is read, written or closed; who connects anew is let in and hears nothing either."""
        self._silent.set()

    def speak(self) -> None:
        """Pass on again what waits, and what comes."""
        self._silent.clear()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            self._close(key.fileobj)
        self._selector.close()

    def _pass_on(self) -> None:
        while not self._ended.is_set():
            if self._silent.is_set():
                self._ended.wait(0.05)
                continue
            for key, _ in self._selector.select(0.05):
                if key.fileobj is self._listener:
                    self._let_in()
                else:
                    self._move(key.fileobj, key.data)

    def _let_in(self) -> None:
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self._to))
        except OSError:
            client.close()
            return
        self._selector.register(client, selectors.EVENT_READ, server)
        self._selector.register(server, selectors.EVENT_READ, client)

    def _move(self, reader: object, writer: socket.socket) -> None:
        assert isinstance(reader, socket.socket)
        try:
            piece = reader.recv(65536)
            writer.sendall(piece)
        except OSError:
            piece = b""
        if not piece:
            self._close(reader)
            self._close(writer)

    def _close(self, end: object) -> None:
        assert isinstance(end, socket.socket)
        with suppress(KeyError, ValueError):
            self._selector.unregister(end)
        end.close()


@contextmanager
def silent_proxy(port: int) -> Iterator[SilentProxy]:
    proxy = SilentProxy(port)
    try:
        yield proxy
    finally:
        proxy.end()
