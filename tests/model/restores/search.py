"""Every history, breadth-first: the first broken rule comes with one of its shortest."""

from collections import deque
from dataclasses import dataclass, field

from model.restores.choices import AS_WRITTEN, Choices
from model.restores.steps import steps
from model.restores.world import Chances, World

RULES = {
    "found": "Who has a note of a time that the database has not lived through holds it, whoever looked before.",
    "false": "No database is held that did not go back: not after a fail-over, an outage, a pause, or an adoption.",
    "held": "Once a process has seen that the database went back nobody sends from it until it is adopted.",
    "ours": "A copy elsewhere never sends a token of production's.",
    "removed": "What a person disconnected after the backup is not used again after the adoption.",
    "told": "After the adoption a dead grant is refused once, and its person told.",
    "healed": "A live pair in the journal reaches the grant, however far back the database went.",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to. `unused`: chances of which not all were ever taken."""

    states: int
    rule: str | None = None
    history: tuple[str, ...] = ()
    unused: frozenset[str] = field(default=frozenset())


def search(chances: Chances, choices: Choices = AS_WRITTEN) -> Found:
    """Look at every world that can come about, until a rule is broken."""
    first, least = World(chances), chances
    came: dict[World, tuple[World, str] | None] = {first: None}
    todo = deque([first])
    while todo:
        world = todo.popleft()
        if world.sin:
            return Found(len(came), world.sin, history(came, world))
        least = Chances(*map(min, least, world.left))
        for label, after in steps(world, choices):
            if after not in came:
                came[after] = (world, label)
                todo.append(after)
    return Found(len(came), unused=frozenset(name for name, n in least._asdict().items() if n))


def history(came: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    labels = []
    while (back := came[world]) is not None:
        world, label = back
        labels.append(label)
    return tuple(reversed(labels))
