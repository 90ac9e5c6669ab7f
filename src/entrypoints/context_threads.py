"""Threads whose log lines bear the ids of whoever gave them their work: of the request, the task, the sweep."""

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class ContextThreads(ThreadPoolExecutor):
    """A pool that carries work out in its giver's context."""

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The same as its base's."""
        return super().submit(partial(contextvars.copy_context().run, partial(work, *args, **kwargs)))
