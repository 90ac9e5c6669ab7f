"""`tiktok-connect` as separate processes, each in an environment of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

COMMAND = [sys.executable, "-P", "-m", "entrypoints.cli"]
PATIENCE = 120.0
"""Seconds to wait for what comes within a few on a machine that has time."""

BARE = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def run(
    *arguments: str, folder: Path, environ: Mapping[str, str] | None = None, command: Sequence[str] = COMMAND
) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end in this folder; nothing is inherited but what any program needs."""
    environment = {**BARE, **(environ or {})}
    return subprocess.run(
        [*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=150
    )


@dataclass(frozen=True)
class Running:
    """A command that goes on; its output is in `log`."""

    process: subprocess.Popen[bytes]
    log: Path

    def told(self) -> str:
        return self.log.read_text()

    def says(self, text: str, *, within: float = PATIENCE) -> None:
        """Wait until its output holds this text."""
        eventually(lambda: text in self.told() or self._dead(), within=within, why=self.told)
        assert text in self.told(), self.told()

    def terminate(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal, and return its exit status."""
        self.process.send_signal(how)
        return self.process.wait(60)

    def kill(self) -> None:
        """End it, with all that it started, as a crash would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _dead(self) -> bool:
        return self.process.poll() is not None


@contextmanager
def running(
    *arguments: str,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    name: str = "",
    command: Sequence[str] = COMMAND,
) -> Iterator[Running]:
    """Run a command line until the end of the block at the latest."""
    log = folder / f"{name or arguments[0]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env={**BARE, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    started = Running(process, log)
    try:
        yield started
    finally:
        started.kill()


def eventually(true: Callable[[], object], *, within: float = PATIENCE, why: Callable[[], str] = str) -> None:
    """Wait until something is true; fail when that takes longer than so many seconds."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"not within {within} s. {why()}"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process of this id does anything still; one that is dead and not yet fetched does not."""
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def children_of(pid: int) -> list[int]:
    """The processes that a process started and that live."""
    answer = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in answer.stdout.split()]


def kept_waiting(pid: int) -> float:
    """Seconds for which a process's threads could have run and others had the processors (Linux's schedstats); 0 where nobody
    counts.
    """
    waited = 0
    with suppress(OSError):
        for thread in (Path("/proc") / str(pid) / "task").iterdir():
            waited += int((thread / "schedstat").read_text().split()[1])
    return waited / 1e9
