"""The writer's steps: note, lock there and read the intent, write there, confirm here. It may die between any two."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from domain.ids import ConnectionId
from domain.mirror_freeze_judgement import why_not_ours
from domain.mirrored_row import Intent, KnownRow, Leave, Remove, Show, WrittenRow
from model.mirror.choices import Choices
from model.mirror.world import Connection, Ours, Row, Step, Steps, Theirs, World, Writer

MOST_WRITERS = 2


def writers(world: World, choices: Choices) -> Steps:
    for message in dict.fromkeys(world.ours.outbox):
        if not world.away:
            yield (
                f"a message is worked off: {message.connection}",
                partial(settled, world, Writer(message), choices),
            )
        if world.left.slow_writers and not world.away and len(world.writers) < MOST_WRITERS:
            yield (
                f"a writer begins: {message.connection}",
                partial(begun, world.less("slow_writers"), Writer(message), choices),
            )
    for writer in dict.fromkeys(world.writers):
        yield from steps_of(world, writer, choices)


def steps_of(world: World, writer: Writer, choices: Choices) -> Iterator[Step]:
    name, without = writer.message.connection, world._replace(writers=others(world, writer))
    if writer.wrote:
        yield f"the writer confirms: {name}", lambda: confirmed(without, writer, choices)
    elif may_write(world, writer):
        yield f"the writer writes: {name}", lambda: written(without, writer)
        if world.left.lost_answers:
            fewer = without.less("lost_answers")
            yield f"the writer writes, and the answer is lost: {name}", lambda: lost(changed(fewer, writer)[0], writer, choices)
            yield f"the writer does not write, and can't tell: {name}", lambda: lost(fewer, writer, choices)
    if world.left.crashes:
        yield f"the writer dies: {name}", lambda: without.less("crashes")


def others(world: World, writer: Writer) -> tuple[Writer, ...]:
    first = world.writers.index(writer)
    return world.writers[:first] + world.writers[first + 1 :]


def locked(world: World, writer: Writer) -> bool:
    """Whether another one holds the row's lock there."""
    same = (w for w in world.writers if w is not writer and w.message.connection == writer.message.connection)
    return any(not w.wrote and w.intent is not None for w in same)


def may_write(world: World, writer: Writer) -> bool:
    return not world.away and not (world.theirs.standby and not isinstance(writer.intent, Leave))


def begun(world: World, writer: Writer, choices: Choices) -> World:
    """It has the lock, and knows what is to be; that it is about to write is committed here."""
    if choices.intent_is_read_locked and locked(world, writer):
        return world
    connection = world.ours.connection(writer.message.connection)
    intent = writer.message.carried or intent_of(world, writer, choices)
    ours = world.ours
    if choices.rows_are_noted_first and isinstance(intent, Show):
        ours = noted(ours, writer)
    left_over = world.ours.left_over_of(connection.owner) if connection else ()
    times = connection.times_connected if connection else 0
    reading = writer._replace(intent=intent, times_connected=times, left_over=left_over)
    return world._replace(ours=ours, writers=(*world.writers, reading))


def noted(ours: Ours, writer: Writer) -> Ours:
    connection = ours.connection(writer.message.connection)
    if connection is None or ours.written_row(connection.id) is not None:
        return ours
    return ours.with_written(WrittenRow(connection.id, connection.owner))


def intent_of(world: World, writer: Writer, choices: Choices) -> Intent:
    """As the product's own rule has it."""
    ours, theirs = world.ours, world.theirs
    connection = ours.connection(writer.message.connection)
    remembered = ours.written_row(writer.message.connection)
    if remembered is None and connection is None:
        return Leave()
    written = remembered or WrittenRow(writer.message.connection, connection.owner if connection else world.owners[0])
    known = KnownRow(written, connection.times_connected, connection.missing_since) if connection else KnownRow(written, None)
    if not choices.confirmed_rows_stay_gone and connection:
        return Show(connection.row, insert=True, gives_way=left_over_of(ours, connection, choices))
    writes = ours.note.writes and (not ours.hold or not choices.hold_stops_the_mirror)
    if not choices.first_look_comes_first:
        writes = writes or ours.note.identity is None
    if choices.writer_checks_identity and choices.identity_freezes and ours.note.identity is not None:
        seen = replace(theirs.identity, position=None)  # it may be older than what a look has noted meanwhile
        writes = writes and why_not_ours(ours.note.identity, seen, standby=theirs.standby) is None
    left_over = left_over_of(ours, connection, choices) if connection else ()
    return known.intent(connection.row if connection else None, writes=writes, left_over=left_over)


def left_over_of(ours: Ours, connection: Connection, choices: Choices) -> tuple[ConnectionId, ...]:
    return ours.left_over_of(connection.owner) if choices.inserts_take_the_place else ()


def written(world: World, writer: Writer) -> World:
    """The row there is as the intent has it, or as it was; the lock is let go."""
    world, there = changed(world, writer)
    return world._replace(writers=(*world.writers, writer._replace(wrote=True, there=there)))


def lost(world: World, writer: Writer, choices: Choices) -> World:
    """The writer does not hear whether it has written: the message stays."""
    if choices.doubt_writes_again or not isinstance(writer.intent, Show):
        return world
    return world._replace(ours=with_confirmed(world.ours, writer.message.connection, writer.times_connected))


def changed(world: World, writer: Writer) -> tuple[World, bool | None]:
    theirs, connection = world.theirs, writer.message.connection
    row = theirs.row(connection)
    match writer.intent:
        case Remove():
            world = foreign(world) if row else world
            removed = world.truth.removed | {connection}
            changed = theirs.without(connection) if row else theirs
            return world._replace(theirs=changed).knowing(world.truth._replace(removed=removed)), False
        case Show(row=shown, insert=insert):
            if row is None and (not insert or shown.owner not in theirs.users or theirs.hidden):
                return world, None
            world = foreign(resurrected(world, writer) if row is None else world)
            if row is None:
                world, theirs = in_the_place_of_others(world, writer, theirs)
            after = Row(connection, shown.owner, shown.needs_reauth)
            current = world.ours.connection(connection)
            times = current.times_connected if current else writer.times_connected
            world = world.knowing(world.truth._replace(shown=world.truth.shown | {(connection, times)}))
            return world._replace(theirs=theirs if row == after else theirs.with_row(after)), True
        case _:
            return world, None


def resurrected(world: World, writer: Writer) -> World:
    """What is inserted was removed, or deleted there though it was certain to be there."""
    connection = writer.message.connection
    wrong = connection in world.truth.removed or (connection, writer.times_connected) in world.truth.vanished
    return world.sinned("resurrected") if wrong else world


def in_the_place_of_others(world: World, writer: Writer, theirs: Theirs) -> tuple[World, Theirs]:
    """Where the row is made: what gave way, and whether what was known to be left over is still beside it."""
    if not isinstance(writer.intent, Show):
        return world, theirs
    owner = writer.intent.row.owner
    own = {row.id for row in theirs.visible if row.owner == owner}
    gone = own & {*writer.intent.gives_way}
    beside = own & {*writer.left_over} - gone
    world = world.knowing(world.truth._replace(removed=world.truth.removed | gone))
    return (world.sinned("shadow") if beside else world), theirs.without(*gone) if gone else theirs


def foreign(world: World) -> World:
    """What is written there is written into another database than the one that was noted."""
    noted = world.ours.note.identity
    return world.sinned("foreign") if world.elsewhere is not None and noted and noted.system != world.theirs.system else world


def confirmed(world: World, writer: Writer, choices: Choices) -> World:
    """The message is done with. Whether the row stays there is for a look to say."""
    ours = world.ours
    if writer.there:
        ours = ours if choices.rows_are_noted_first else noted(ours, writer)
        if not choices.looks_confirm:
            ours = with_confirmed(ours, writer.message.connection, writer.times_connected)
    elif writer.there is False and not choices.removed_rows_are_remembered and ours.connection(writer.message.connection) is None:
        ours = ours.forgetting(writer.message.connection)
    if writer.message in ours.outbox:
        place = ours.outbox.index(writer.message)
        ours = ours._replace(outbox=ours.outbox[:place] + ours.outbox[place + 1 :])
    return world._replace(ours=ours)


def with_confirmed(ours: Ours, connection: str, times_connected: int) -> Ours:
    row = next((w for w in ours.written if w.connection == connection), None)
    if row is None or (row.confirmed_for is not None and row.confirmed_for >= times_connected):
        return ours
    return ours.with_written(replace(row, confirmed_for=times_connected))


def settled(world: World, writer: Writer, choices: Choices) -> World:
    """All steps at once."""
    after = begun(world, writer, choices)
    if len(after.writers) == len(world.writers):
        return world
    reading = after.writers[-1]
    if not may_write(after, reading):
        return after._replace(writers=world.writers)
    wrote = written(after._replace(writers=world.writers), reading)
    return confirmed(wrote._replace(writers=world.writers), wrote.writers[-1], choices)
