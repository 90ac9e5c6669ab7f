"""The signals that end a process which has said nothing about them, and how a process is told of them instead."""

import signal
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SPARED = ("SIGCHLD", "SIGCLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGINFO")
"""Nothing ends by these."""

CRASHES = ("SIGABRT", "SIGIOT", "SIGBUS", "SIGEMT", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP")
"""The process itself is broken: nothing in order can follow."""

IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
"""What they are about arrives as an OSError."""

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


def termination_signals() -> frozenset[int]:
    """Those of this system, real-time ones too; SIGKILL, which nobody is told of, is not among them."""
    others = {getattr(signal, name) for name in (*SPARED, *CRASHES, *IGNORED_BY_PYTHON, "SIGKILL") if hasattr(signal, name)}
    return frozenset(int(number) for number in signal.valid_signals() if number not in others)


def heed(handler: Handler, *, but: Collection[int] = ()) -> dict[int, Any]:
    """Call `handler` for every ending signal `but` these, instead of ending. Returns what was done before, by signal.

    A SIGHUP that is ignored stays so: nohup asked for it.
    """
    heeded = termination_signals() - frozenset(but)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        heeded -= {signal.SIGHUP}
    return {number: signal.signal(number, handler) for number in heeded}


@contextmanager
def heeding(handler: Handler) -> Iterator[None]:
    """`heed` for as long as the block runs."""
    before = heed(handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
