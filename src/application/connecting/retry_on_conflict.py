"""Trying a whole transaction again that lost a race."""

from collections.abc import Callable
from typing import TypeVar

from domain.errors import Conflict

T = TypeVar("T")
TRIES = 4


def retry_on_conflict(transaction: Callable[[], T]) -> T:
    """Run a transaction until no other is in its way, a few times at most. Raises the last Conflict."""
    for _ in range(TRIES - 1):
        try:
            return transaction()
        except Conflict:
            continue
    return transaction()
