"""Child processes that start, are watched and end together."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Self

from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.termination_signals import heed

GLANCE = 0.05
"""Seconds between two looks at the children."""

STOP_WITHIN = 25
"""Seconds that children are given to end in order: a call under way takes 10 at most, its settlement 5, and then a Celery
worker needs one or two, or more on a busy machine. Ended sooner, it would lose the answer."""


class Stopped(Exception):
    """A signal asked for the end."""


@dataclass(slots=True)
class Child:
    """One process, a session of its own, so that all it starts can be ended with it and a terminal's Ctrl-C comes to us alone."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it, and whatever it started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(slots=True)
class Supervisor:
    """Starts children and ends them, the last ones first. A child learns of our end, even by kill -9, from its stdin."""

    environment: Mapping[str, str]
    children: list[Child] = field(default_factory=list)
    _signals: int = 0
    _before: dict[int, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._before = heed(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def start(self, name: str, command: Sequence[str], log: Path) -> None:
        """Start a child whose output goes to `log`."""
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            process = subprocess.Popen(  # noqa: S603 (our own commands)
                command, stdin=subprocess.PIPE, stdout=file, stderr=file, env=self.environment, start_new_session=True
            )
        self.children.append(Child(name, log, process))

    def wait_until(self, true: Callable[[], bool], *, within: float) -> bool:
        """Wait for something, for so many seconds at most; False when it did not come true. Raises as `watch` does."""
        deadline = time.monotonic() + within
        while not true():
            if time.monotonic() > deadline:
                return False
            self._glance()
        return True

    def watch(self) -> None:
        """Until something ends. Raises Stopped for a signal, Trouble for a child that ended by itself."""
        while True:
            self._glance()

    def stop(self) -> None:
        """End the children in order, the first one after all others, since they call it; a second signal ends all at once."""
        asked, deadline = self._signals, time.monotonic() + STOP_WITHIN
        first, others = self.children[:1], self.children[1:]
        for together in (others, first):
            for child in together:
                with suppress(ProcessLookupError):
                    child.process.terminate()
            while any(child.process.poll() is None for child in together):
                if time.monotonic() > deadline or self._signals > max(asked, 1):
                    break
                time.sleep(GLANCE)
        for child in self.children:
            child.kill()
        self.children.clear()

    def _glance(self) -> None:
        if self._signals:
            raise Stopped
        for child in self.children:
            if (status := child.process.poll()) is not None:
                raise CommandFailure(f"the demo's {child.name} ended by itself (status {status}): why stands in {child.log}")
        time.sleep(GLANCE)

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self._signals += 1


def end_with_parent() -> None:
    """In a child: end in order when the supervisor is gone, by force if that takes too long. Nobody ever writes to our stdin."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_WITHIN)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()
