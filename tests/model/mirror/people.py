"""What people do, here and in the dashboard."""

from dataclasses import replace
from functools import partial

from domain.ids import ConnectionId, OwnerId
from domain.mirrored_row import Remove, Show
from model.mirror.choices import Choices
from model.mirror.world import Connection, Row, Steps, World


def people(world: World, choices: Choices) -> Steps:
    for owner in world.owners:
        yield from person(world, owner, choices)


def person(world: World, owner: OwnerId, choices: Choices) -> Steps:
    left, connection = world.left, world.ours.of(owner)
    if left.connects and connection is None and owner in world.theirs.users:
        yield f"connects: {owner}", lambda: connected(world.less("connects"), owner, choices)
    if connection is not None and left.reconnects:
        yield f"reconnects: {owner}", lambda: reconnected(world.less("reconnects"), connection, choices)
    if connection is not None and left.status_changes:
        other = connection._replace(needs_reauth=not connection.needs_reauth)
        yield f"the grant is refused or heals: {owner}", lambda: changed(world.less("status_changes"), other, choices)
    if connection is not None and left.disconnects:
        yield f"disconnects: {owner}", lambda: disconnected(world.less("disconnects"), connection.id, choices)
    for row in world.theirs.rows:
        if row.owner == owner and left.disconnects and connection is None and world.ours.written_row(row.id):
            yield f"disconnects what is still there: {owner}", partial(again_removed, world.less("disconnects"), row)
        if row.owner == owner and left.old_routes:
            yield f"disconnects by the old route: {owner}", partial(deleted_there, world.less("old_routes"), row)
    if left.erasures:
        yield f"asks to be erased: {owner}", lambda: erased(world.less("erasures"), owner, choices)
    if left.deleted_users and owner in world.theirs.users:
        yield f"is deleted as a user: {owner}", lambda: user_deleted(world.less("deleted_users"), owner)


def connected(world: World, owner: OwnerId, choices: Choices) -> World:
    connection = Connection(ConnectionId(f"c{world.ids + 1}"), owner)
    world = world._replace(ids=world.ids + 1).knowing(world.truth._replace(erased=world.truth.erased - {owner}))
    if choices.write_follows_commit:
        return changed(world, connection, choices)
    return written_inside(world, connection, choices)


def written_inside(world: World, connection: Connection, choices: Choices) -> World:
    """The wrong way: the row is there, and then our commit fails for once."""
    if world.away or not world.left.crashes:
        return changed(world, connection, choices)
    there = world.theirs.with_row(Row(connection.id, connection.owner))
    return world.less("crashes")._replace(theirs=there)


def changed(world: World, connection: Connection, choices: Choices) -> World:
    """Committed, with its message."""
    carried = None if choices.values_stay_here else Show(connection.row, insert=True)
    return world._replace(ours=world.ours.with_connection(connection).sent(connection.id, carried))


def reconnected(world: World, connection: Connection, choices: Choices) -> World:
    times = connection.times_connected + 1
    again = connection._replace(times_connected=times, missing_since=None, needs_reauth=False)
    is_there = any(row.id == connection.id for row in world.theirs.rows)
    shown = world.truth.shown | ({(connection.id, times)} if is_there else set())
    return changed(world, again, choices).knowing(world.truth._replace(absent=without(world, connection.id), shown=shown))


def without(world: World, connection: ConnectionId) -> tuple[tuple[ConnectionId, int], ...]:
    return tuple(pair for pair in world.truth.absent if pair[0] != connection)


def ended(world: World, connection: ConnectionId, *, carried: Remove | None = None) -> World:
    ours = world.ours.without(connection).sent(connection, carried)
    return world._replace(ours=ours).knowing(
        world.truth._replace(ended=world.truth.ended | {connection}, absent=without(world, connection))
    )


def disconnected(world: World, connection: ConnectionId, choices: Choices) -> World:
    world = ended(world, connection, carried=None if choices.values_stay_here else Remove())
    return world.knowing(world.truth._replace(removals=(*world.truth.removals, connection))) if world.our_backup else world


def erased(world: World, owner: OwnerId, choices: Choices) -> World:
    """All of theirs is let go of, and what is remembered of its rows does not name them."""
    if (connection := world.ours.of(owner)) is not None:
        world = disconnected(world, connection.id, choices)
    return erased_here(world, owner, choices)


def erased_here(world: World, owner: OwnerId, choices: Choices) -> World:
    ours = world.ours.forgetting_owner(owner) if choices.erasure_forgets_whose else world.ours
    return world._replace(ours=ours).knowing(world.truth._replace(erased=world.truth.erased | {owner}))


def again_removed(world: World, row: Row) -> World:
    """DELETE of an id that is no connection any more: a row that a rebuild made stale goes too."""
    written = world.ours.written_row(row.id)
    ours = world.ours.with_written(replace(written, stale=False)) if written else world.ours
    return world._replace(ours=ours.sent(row.id))


def deleted_there(world: World, row: Row) -> World:
    return vanished(world, row.id)._replace(theirs=world.theirs.without(row.id))


def user_deleted(world: World, owner: OwnerId) -> World:
    rows = [row.id for row in world.theirs.rows if row.owner == owner]
    theirs = world.theirs.without(*rows)
    return vanished(world, *rows)._replace(theirs=theirs._replace(users=theirs.users - {owner}))


def vanished(world: World, *rows: ConnectionId) -> World:
    """Rows that were certain to be there are deleted: they are not to be made again unless their person connects. Where a writer
    is at work that very moment nothing is certain.
    """
    busy = {writer.message.connection for writer in world.writers}
    certain = {
        (row.written.connection, row.times_connected)
        for row in world.ours.known_rows()
        if row.times_connected is not None and row.is_expected and row.written.connection in {*rows} - busy
    }
    return world.knowing(world.truth._replace(vanished=world.truth.vanished | certain))
