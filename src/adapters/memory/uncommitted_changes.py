"""Changes over a table that stays as it is until they are applied."""

from collections.abc import Iterator, MutableMapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Overlay(MutableMapping[K, V], Generic[K, V]):
    """A table as a transaction sees it. It costs what was changed, not what there is."""

    def __init__(self, below: MutableMapping[K, V]) -> None:
        self.below = below
        self.changed: dict[K, V] = {}
        self._gone: set[K] = set()

    def __getitem__(self, key: K) -> V:
        if key in self.changed:
            return self.changed[key]
        if key in self._gone:
            raise KeyError(key)
        return self.below[key]

    def __setitem__(self, key: K, value: V) -> None:
        self.changed[key] = value
        self._gone.discard(key)

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self.changed.pop(key, None)
        self._gone.add(key)

    def __iter__(self) -> Iterator[K]:
        yield from (key for key in self.below if key not in self._gone)
        yield from (key for key in self.changed if key not in self.below)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def apply(self) -> None:
        """Change the table below."""
        for key in self._gone:
            self.below.pop(key, None)
        self.below.update(self.changed)
