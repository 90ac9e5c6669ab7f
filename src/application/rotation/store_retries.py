"""Storing an outcome again that the database would not take."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from application.ports.clock import Clock
from domain.errors import Conflict, StoreUnavailable

T = TypeVar("T")

STORE_AGAIN_AFTER = tuple(timedelta(seconds=s) for s in (0.05, 0.2, 0.5, 1, 2))
"""Pauses between tries to store an outcome that the database would not take."""

HOLD_ON = timedelta(seconds=10)
"""The pause after those, while nothing else has taken the outcome: it is held until something does."""


def store_with_retries(
    store: Callable[[], T], clock: Clock, *, on_failure: Callable[[StoreUnavailable | Conflict], bool] = lambda _: True
) -> T:
    """Store an outcome, again after each pause. Raises what the last try failed with, StoreUnavailable or Conflict.

    `on_failure` is told of each failure; while it returns False the outcome is not given up.
    """
    pauses = iter(STORE_AGAIN_AFTER)
    while True:
        try:
            return store()
        except (StoreUnavailable, Conflict) as failure:
            may_be_given_up = on_failure(failure)
            if (pause := next(pauses, None)) is None and may_be_given_up:
                raise
            clock.sleep(HOLD_ON if pause is None else pause)
