"""Everything that may happen next."""

from model.mirror.choices import Choices
from model.mirror.looks import looks, time_passes
from model.mirror.misfortunes import misfortunes
from model.mirror.people import people
from model.mirror.quiet import audits
from model.mirror.world import Steps, World
from model.mirror.writer import writers


def steps(world: World, choices: Choices) -> Steps:
    yield from people(world, choices)
    yield from writers(world, choices)
    yield from looks(world, choices)
    yield from time_passes(world, choices)
    yield from misfortunes(world, choices)
    yield from audits(world, choices)
