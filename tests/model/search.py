"""Every interleaving, breadth-first: the first broken rule comes with one of its shortest histories."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from model.choices import AS_WRITTEN, Protocol
from model.misfortunes import misfortunes
from model.people import NOT_YET, people
from model.provider import Kind, incident, person_withdraws, slow_request_arrives
from model.rotation import rotation
from model.rules import broken
from model.world import Chances, Family, Row, Worker, World


@dataclass(frozen=True, slots=True)
class Scenario:
    """What may happen, and how often. `hosts`: where each process runs; `budget`: calls a window."""

    chances: Chances
    kind: Kind = "strict"
    hosts: tuple[int, ...] = (0, 1)
    budget: int | None = None

    def start(self, protocol: Protocol) -> World:
        rows = (Row(),) if protocol.one_grant_holds_the_pair else (Row(), Row())
        families: tuple[Family, ...] = (Family(),)
        if self.chances.consents:
            rows, families = (*rows, NOT_YET), (*families, Family(gone=True))
        return World(tuple(map(Worker, self.hosts)), self.chances, rows, families, permits=self.budget)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to. `unused`: chances of which not all were ever taken."""

    states: int
    rule: str | None = None
    history: tuple[str, ...] = ()
    unused: frozenset[str] = field(default=frozenset())


def steps(world: World, protocol: Protocol, scenario: Scenario) -> Iterator[tuple[str, World]]:
    """Every next moment, with what led to it."""
    yield from rotation(world, protocol, scenario.kind, scenario.budget)
    yield from misfortunes(world, protocol, scenario.budget)
    yield from slow_request_arrives(world, scenario.kind)
    yield from person_withdraws(world)
    yield from incident(world)
    if world.left.disconnects or world.left.consents or world.consent or world.queue or world.announced or world.revoking:
        yield from people(world, protocol)


def search(scenario: Scenario, protocol: Protocol = AS_WRITTEN) -> Found:
    """Look at every world that can come about, until a rule is broken."""
    first = scenario.start(protocol)
    came: dict[World, tuple[World, str] | None] = {first: None}
    todo = deque([first])
    least = scenario.chances
    while todo:
        world = todo.popleft()
        if rule := broken(world, scenario.kind, scenario.chances):
            return Found(len(came), rule, history(came, world))
        least = Chances(*map(min, least, world.left))
        ended = True
        for label, after in steps(world, protocol, scenario):
            ended = False
            if after not in came:
                came[after] = (world, label)
                todo.append(after)
        if ended and stuck(world):
            return Found(len(came), "stuck", history(came, world))
    return Found(len(came), unused=frozenset(name for name, n in least._asdict().items() if n))


def stuck(world: World) -> bool:
    """Whether a grant is left waiting where nothing more can happen."""
    able = any(w.lives and not w.stopping for w in world.workers)
    waiting = any(row.health == "active" or row.token == world.families[row.family].live for row in world.rows)
    return able and world.left.claims > 0 and waiting


def history(came: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    labels = []
    while (back := came[world]) is not None:
        world, label = back
        labels.append(label)
    return tuple(reversed(labels))
