"""Every history, breadth-first, where the first broken rule comes with one of its shortest; and histories at random."""

import random
from collections import defaultdict, deque
from dataclasses import dataclass

from domain.ids import OwnerId
from model.mirror.choices import AS_WRITTEN, Choices
from model.mirror.looks import looked
from model.mirror.people import connected
from model.mirror.steps import steps
from model.mirror.world import Chances, Theirs, World, Writer
from model.mirror.writer import settled

RULES = {
    "revoked": "Nothing is revoked but by a Disconnect, an erasure, or a day in which every look missed the row.",
    "struck": "What befalls a whole database of theirs, or rows of more than half of several owners at once, revokes nothing.",
    "resurrected": "No row is made again that was removed, or deleted there when it was certain to be there.",
    "ghost": "No row without a connection outlives an audit.",
    "apart": "When all is quiet both sides agree on every connection.",
    "shadow": "No stale row stays beside the row of the person who has connected again.",
    "foreign": "Nothing is written into a database that is not the one that was noted, or that is another deployment's.",
    "false": "Nothing freezes unless something befell a database.",
    "unlisted": "No connection is missing whose row is there, or never was.",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    chances: Chances
    owners: int = 1
    connected: bool = False
    """Whether every owner is connected from the start, and all is quiet."""

    def start(self) -> World:
        owners = tuple(OwnerId(f"o{n + 1}") for n in range(self.owners))
        world = World(self.chances, owners, theirs=Theirs(users=frozenset({*owners, OwnerId("somebody else")})))
        if not self.connected:
            return world
        world = looked(world, AS_WRITTEN)
        for owner in owners:
            world = connected(world, owner, AS_WRITTEN)
            world = settled(world, Writer(world.ours.outbox[0]), AS_WRITTEN)
        return looked(world, AS_WRITTEN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search came to. `unused`: chances of which not all were ever taken."""

    states: int
    rule: str | None = None
    history: tuple[str, ...] = ()
    unused: frozenset[str] = frozenset()


def search(scenario: Scenario, choices: Choices = AS_WRITTEN) -> Outcome:
    """Look at every world that can come about, until a rule is broken."""
    first, least = scenario.start(), scenario.chances
    came: dict[World, tuple[World, str] | None] = {first: None}
    todo = deque([first])
    while todo:
        world = todo.popleft()
        if world.sin:
            return Outcome(len(came), world.sin, history(came, world))
        least = Chances(*map(min, least, world.left))
        for label, step in steps(world, choices):
            after = step()
            if after not in came:
                came[after] = (world, label)
                todo.append(after)
    return Outcome(len(came), unused=frozenset(name for name, n in least._asdict().items() if n))


def history(came: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    labels = []
    while (back := came[world]) is not None:
        world, label = back
        labels.append(label)
    return tuple(reversed(labels))


STEPS = 120
"""Of a history at random."""


def wander(scenario: Scenario, seed: int, choices: Choices = AS_WRITTEN) -> Outcome:
    """One history at random. Each kind of step is as likely as another, however many it concerns."""
    chance, world, labels = random.Random(seed), scenario.start(), list[str]()
    for _ in range(STEPS):
        kinds = defaultdict(list)
        for label, step in steps(world, choices):
            kinds[label.partition(":")[0]].append((label, step))
        label, step = chance.choice(kinds[chance.choice(sorted(kinds))])
        world = step()
        labels.append(label)
        if world.sin:
            return Outcome(len(labels), world.sin, tuple(labels))
    return Outcome(STEPS, history=tuple(labels), unused=frozenset(name for name, n in world.left._asdict().items() if n))
