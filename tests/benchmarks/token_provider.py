"""A provider that answers each refresh with a new pair, after a set latency, and does nothing else: a program of its own.

It prints its port. POST /latency with milliseconds as the body sets the latency.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from itertools import count

DAY, YEAR = 86_400, 365 * 86_400
NUMBERS = count(1)
PREFIX = secrets.token_hex(24)
latency = [0.0]


class Answering(asyncio.Protocol):
    """One connection: requests with a body, one after the other."""

    def __init__(self) -> None:
        self.received = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].lower()
            _, _, length = head.partition(b"content-length:")
            whole = end + 4 + int(length.split(b"\r\n")[0] or 0)
            if len(self.received) < whole:
                return
            body, self.received = self.received[end + 4 : whole], self.received[whole:]
            if head.startswith(b"post /latency "):
                latency[0] = int(body) / 1000
                self.answer(b"{}")
            elif latency[0]:
                asyncio.get_running_loop().call_later(latency[0], self.answer, new_pair())
            else:
                self.answer(new_pair())

    def answer(self, body: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            self.transport.write(head + body)


def new_pair() -> bytes:
    """In the provider's envelope."""
    number = next(NUMBERS)
    data = {
        "access_token": f"{PREFIX}a{number}",
        "refresh_token": f"{PREFIX}r{number}",
        "access_token_expire_in": DAY,
        "refresh_token_expire_in": YEAR,
        "scope": [1, 2, 3, 4],
    }
    return json.dumps({"code": 0, "message": "OK", "request_id": f"{number:032x}", "data": data}).encode()


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 (whoever starts it reads it)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
