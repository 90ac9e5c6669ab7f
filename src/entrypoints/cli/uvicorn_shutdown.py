"""How a process that runs uvicorn ends: in order, by whatever signal."""

import signal
import sys
from types import FrameType
from typing import NoReturn

from entrypoints.termination_signals import heed


def leave_in_order() -> None:
    """Have every signal end this process as SIGTERM does: uvicorn stops in order, then raises that again."""
    heed(end_in_order, but={signal.SIGTERM})
    signal.signal(signal.SIGTERM, leave)


def end_in_order(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM is what uvicorn ends in order by: it hurries at a second SIGINT, and knows no other."""
    signal.raise_signal(signal.SIGTERM)


def leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """An orderly end is a success."""
    sys.exit(0)
