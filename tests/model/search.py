"""Every history of a model, breadth-first: the first broken rule comes with one of its shortest histories."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar


class ModelWorld(Hashable, Protocol):
    """A state of a model: a value."""

    @property
    def left(self) -> Any:  # noqa: ANN401 (each model has a named tuple of its own)
        """How often each thing may still happen."""


W = TypeVar("W", bound=ModelWorld)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search came to. `unused`: chances of which not all were ever taken."""

    states: int
    rule: str | None = None
    history: tuple[str, ...] = ()
    unused: frozenset[str] = frozenset()


def never_stuck(_: object) -> bool:
    """A world in which nothing more can happen is fine."""
    return False


def breadth_first(
    start: W,
    steps: Callable[[W], Iterable[tuple[str, W]]],
    broken: Callable[[W], str | None],
    stuck: Callable[[W], bool] = never_stuck,
) -> Outcome:
    """Look at every world that can come about, until a rule is broken, or a world is stuck in which nothing more can happen."""
    came: dict[W, tuple[W, str] | None] = {start: None}
    todo = deque([start])
    least = tuple(start.left)
    while todo:
        world = todo.popleft()
        if rule := broken(world):
            return Outcome(len(came), rule, history(came, world))
        least = tuple(map(min, least, world.left))
        ended = True
        for label, after in steps(world):
            ended = False
            if after not in came:
                came[after] = (world, label)
                todo.append(after)
        if ended and stuck(world):
            return Outcome(len(came), "stuck", history(came, world))
    return Outcome(len(came), unused=frozenset(name for name, n in zip(start.left._fields, least, strict=True) if n))


def history(came: dict[W, tuple[W, str] | None], world: W) -> tuple[str, ...]:
    """The labels of the steps that led to a world."""
    labels = []
    while (back := came[world]) is not None:
        world, label = back
        labels.append(label)
    return tuple(reversed(labels))
