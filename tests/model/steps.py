"""Everything that may happen next, and where nothing can."""

from collections.abc import Iterator

from model.choices import Protocol
from model.misfortunes import misfortunes
from model.people import people
from model.provider import Kind, incident, person_withdraws, slow_request_arrives
from model.rotation import rotation
from model.world import World


def steps(world: World, protocol: Protocol, kind: Kind, budget: int | None) -> Iterator[tuple[str, World]]:
    """Every next moment, with what led to it."""
    yield from rotation(world, protocol, kind, budget)
    yield from misfortunes(world, protocol, budget)
    yield from slow_request_arrives(world, kind)
    yield from person_withdraws(world)
    yield from incident(world)
    if world.left.disconnects or world.left.consents or world.consent or world.queue or world.announced or world.revoking:
        yield from people(world, protocol)


def stuck(world: World) -> bool:
    """Whether a grant is left waiting where nothing more can happen."""
    able = any(w.lives and not w.stopping for w in world.workers)
    waiting = any(row.health == "active" or row.token == world.families[row.family].live for row in world.rows)
    return able and world.left.claims > 0 and waiting
