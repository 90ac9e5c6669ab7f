"""What a test has planned for the next calls, worked off one after the other."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class PlannedQueue(Generic[T]):
    """What is planned, oldest first."""

    def __init__(self) -> None:
        self._planned: list[T] = []

    def clear(self) -> None:
        """Nothing is planned any more."""
        self._planned.clear()

    def add(self, more: list[T]) -> None:
        """Plan these too, after what is planned already."""
        self._planned += [msgspec.structs.replace(one) for one in more]

    def planned(self) -> list[T]:
        """What is left."""
        return [msgspec.structs.replace(one) for one in self._planned]
