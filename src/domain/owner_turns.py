"""Turns of owners: whoever has many waiting costs nobody else their place."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TypeVar

from domain.ids import OwnerId

T = TypeVar("T")

OWNER_TURNS = 10
"""Of so many in a row one is of an owner, while others wait."""


def in_turns(waiting: Iterable[tuple[OwnerId, T]], served: Iterable[OwnerId], count: int) -> Iterator[T]:
    """Up to `count` of those who wait, in their order, but of `OWNER_TURNS` in a row one of an owner, while others wait.

    `served`: the owners of the last ones, the latest last.
    """
    left, recent = list(waiting), deque(served, maxlen=OWNER_TURNS - 1)
    for _ in range(min(count, len(left))):
        place = next((place for place, (owner, _) in enumerate(left) if owner not in recent), None)
        if place is None:  # nobody else waits: whose turn is the longest ago
            place = min(range(len(left)), key=lambda place: latest(recent, left[place][0]))
        owner, chosen = left.pop(place)
        recent.append(owner)
        yield chosen


def latest(recent: deque[OwnerId], owner: OwnerId) -> int:
    """How lately this owner had a turn."""
    return max(place for place, served in enumerate(recent) if served == owner)


def round_robin(waiting: Iterable[tuple[OwnerId, T]]) -> Iterator[T]:
    """One of each owner, then the next of each; everything once."""
    by_owner = defaultdict[OwnerId, dict[T, None]](dict)
    for owner, each in waiting:
        by_owner[owner][each] = None
    for turn in zip_longest(*by_owner.values()):
        yield from (each for each in turn if each is not None)
