"""Running the checks of readiness, each in a thread of its own: one that hangs takes none from requests."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from entrypoints.http.api.bodies import Check

log = logging.getLogger(__name__)

OK: Check = "ok"
DEGRADED: Check = "degraded"
FAILED: Check = "failed"


@dataclass(slots=True)
class CheckRunner:
    """Checks by name; one that raises, or says False, has failed, and one that says DEGRADED found something that an operator
    should see to. A check runs once at a time: who asks meanwhile shares it.
    """

    each: Mapping[str, Callable[[], object]]
    _under_way: dict[str, asyncio.Future[Check]] = field(init=False, default_factory=dict)

    def __iter__(self) -> Iterator[str]:
        return iter(self.each)

    async def state(self, name: str, *, within: timedelta) -> Check:
        """What a look comes to in time. One that takes longer goes on, and is not begun again before it has ended."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._look(name)), within.total_seconds())
        except TimeoutError:
            log.warning("a look at our health takes too long", extra={"look": name})
            return FAILED

    def _look(self, name: str) -> asyncio.Future[Check]:
        if (under_way := self._under_way.get(name)) is not None:
            return under_way
        loop = asyncio.get_running_loop()
        begun = self._under_way[name] = loop.create_future()
        context = contextvars.copy_context()  # its log line belongs to the request that began it

        def end(state: Check) -> None:
            self._under_way.pop(name)
            begun.set_result(state)

        def look() -> None:
            state = context.run(state_of, name, self.each[name])
            with suppress(RuntimeError):  # the loop has ended meanwhile, and nobody asks any more
                loop.call_soon_threadsafe(end, state)

        # a daemon: the process's end does not wait for a look that hangs, as it does for a pool's threads
        threading.Thread(target=look, name=f"look at {name}", daemon=True).start()
        return begun


def state_of(name: str, look: Callable[[], object]) -> Check:
    """What a look comes to."""
    try:
        told = look()
        return DEGRADED if told == DEGRADED else FAILED if told is False else OK
    except Exception as error:  # noqa: BLE001 (whatever it fails with, it fails)
        log.warning("a look at our health failed", extra={"look": name, "error": type(error).__name__})
        return FAILED
