"""An executor that makes one call after the other, in the caller's thread."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class SerialExecutor:
    """The port `Executor` with one call at a time, in the caller's thread."""

    def map(self, do: Callable[[T], R], things: Iterable[T], /) -> Iterable[R]:
        return [do(thing) for thing in things]

    def shutdown(self) -> None:
        """Nothing was started."""
