"""An audit when all is quiet: every message is worked off, and a look finds nothing more. Then both sides must agree."""

from model.mirror.choices import Choices
from model.mirror.looks import looked
from model.mirror.world import Steps, World, Writer
from model.mirror.writer import settled

ROUNDS = 3


def audits(world: World, choices: Choices) -> Steps:
    quiet = not (world.writers or world.looks or world.away or world.ours.hold or world.ours.note.off or world.theirs.standby)
    if quiet and world.elsewhere is None:
        yield "all is quiet:", lambda: audited(world, choices)


def audited(world: World, choices: Choices) -> World:
    for _ in range(ROUNDS):
        world = looked(world, choices)
        if world.sin or world.ours.note.frozen:
            return world
        for message in world.ours.outbox:
            world = settled(world, Writer(message), choices)
    return compared(looked(world, choices))


def compared(world: World) -> World:
    ours, theirs = world.ours, world.theirs
    if any(row.owner in world.truth.erased and ours.connection(row.connection) is None for row in ours.written):
        return world.sinned("named")
    for row in theirs.visible:
        connection, written = ours.connection(row.id), ours.written_row(row.id)
        if connection is None and not (written and written.stale):
            return world.sinned("ghost")
        shown = ours.of(row.owner)
        if connection is None and shown is not None and theirs.row(shown.id) is not None:
            return world.sinned("shadow")
        if connection and (row.needs_reauth != connection.needs_reauth or connection.missing_since):
            return world.sinned("apart")
    for connection in ours.connections:
        there = theirs.row(connection.id) is not None
        may_be_shown = connection.owner in theirs.users and not theirs.hidden
        if not there and connection.missing_since is None and may_be_shown:
            return world.sinned("apart")
    return world
