"""Time, identity and chance: the things that a test wants to decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Clock(Protocol):
    """Two clocks and a pause. The wall clock dates things; the monotonic one measures how long ago something was."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""

    def monotonic(self) -> timedelta:
        """Time since some fixed moment. It never goes back, and goes on while the machine sleeps or is moved: after that it leaps
        forward, so that what was claimed before is not sent.
        """

    def sleep(self, span: timedelta) -> None:
        """Let this much time pass (none for a negative span)."""


class Ids(Protocol):
    """New names for new things."""

    def new(self) -> str:
        """A UUID in its usual text form, never given before."""

    def connection(self) -> str:
        """The same for a new connection: a UUIDv7 (RFC 9562), by whose version digit others tell that it is ours."""


class Nonces(Protocol):
    """Unguessable text."""

    def new(self) -> str:
        """32 random bytes in URL-safe base64 without padding."""


class Executor(Protocol):
    """A bounded number of calls at once. `concurrent.futures.Executor` is one."""

    def map(self, do: Callable[[T], R], things: Iterable[T], /) -> Iterable[R]:
        """Do this to all things, several at a time; results in the order of the things."""
