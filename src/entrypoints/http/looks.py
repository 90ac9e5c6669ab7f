"""What readiness looks at. Looks have threads of their own, so that one which hangs takes none from requests, or from another."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Looks:
    """Looks by name; one that raises, or says False, has failed. Each is under way once at most: who asks meanwhile shares it."""

    each: Mapping[str, Callable[[], object]]
    _pool: ThreadPoolExecutor = field(init=False)
    _under_way: dict[str, asyncio.Future[bool]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """With a thread for each look, none ever waits for another."""
        self._pool = ThreadPoolExecutor(len(self.each), thread_name_prefix="look")

    def __iter__(self) -> Iterator[str]:
        return iter(self.each)

    async def succeeds(self, name: str, *, within: timedelta) -> bool:
        """Whether a look succeeds in time. One that takes longer goes on, and is not begun again before it has ended."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._look(name)), within.total_seconds())
        except TimeoutError:
            log.warning("a look at our health takes too long", extra={"look": name})
            return False

    def close(self) -> None:
        """Begin no more; one that hangs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _look(self, name: str) -> asyncio.Future[bool]:
        if (under_way := self._under_way.get(name)) is not None:
            return under_way
        context = contextvars.copy_context()  # its log line belongs to the request that began it
        begun = asyncio.get_running_loop().run_in_executor(self._pool, context.run, passes, name, self.each[name])
        self._under_way[name] = begun
        begun.add_done_callback(lambda _: self._under_way.pop(name))
        return begun


def passes(name: str, look: Callable[[], object]) -> bool:
    """Whether a look succeeds."""
    try:
        return look() is not False
    except Exception as error:  # noqa: BLE001 (whatever it fails with, it fails)
        log.warning("a look at our health failed", extra={"look": name, "error": type(error).__name__})
        return False
