"""The port for several calls at once."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Executor(Protocol):
    """A bounded number of calls at once. `concurrent.futures.Executor` is one."""

    def map(self, do: Callable[[T], R], things: Iterable[T], /) -> Iterable[R]:
        """Do this to all things, several at a time; results in the order of the things."""
