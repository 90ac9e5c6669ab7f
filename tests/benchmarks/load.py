"""Load on an HTTP server: so many connections, each asking again as soon as it is answered. A program of its own.

It reads JSON: the port, how many connections, for how many seconds, and the requests that they send in turn.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it. Times are in milliseconds."""

    a_second: float
    p50: float
    p95: float
    p99: float
    failed: int
    """Answers that were neither a success nor a redirect, and connections that the server closed."""


async def ask(port: int, connections: int, seconds: float, requests: Sequence[str]) -> Answered:
    """All of it."""
    times, failed = list[float](), [0]
    texts, until = cycle([request.encode() for request in requests]), time.perf_counter() + seconds

    async def one() -> None:
        while time.perf_counter() < until:
            try:
                await one_connection()
            except (OSError, EOFError):  # the server closed it
                failed[0] += 1
                await asyncio.sleep(0.05)

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < until:
            writer.write(next(texts))
            head = await reader.readuntil(b"\r\n\r\n")
            _, _, length = head.lower().partition(b"content-length:")
            await reader.readexactly(int(length.split(b"\r\n")[0] or 0))
            times.append(time.perf_counter() - began)
            failed[0] += head[9:10] not in b"23"
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    took, ordered = time.perf_counter() - began, sorted(times)
    if not times:
        raise SystemExit("no answer came")
    p50, p95, p99 = (1000 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95, 0.99))
    return Answered(len(times) / took, p50, p95, p99, failed[0])


def request(method: str, path: str, *, body: str = "", **headers: str) -> str:
    """A request's text."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body.encode())}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", body])


if __name__ == "__main__":
    answered = asyncio.run(ask(**json.load(sys.stdin)))
    print(json.dumps([answered.a_second, answered.p50, answered.p95, answered.p99, answered.failed]))  # noqa: T201 (whoever starts it reads it)
