"""What befalls the two databases, and what operators do about it."""

from dataclasses import replace

from domain.ids import ConnectionId, OwnerId
from domain.mirror_freeze_judgement import judged, ours_without_token
from domain.mirror_state import MirrorState
from domain.mirrored_row import WrittenRow
from model.mirror.choices import Choices
from model.mirror.people import disconnected, erased_here
from model.mirror.world import Row, Steps, Theirs, World


def misfortunes(world: World, choices: Choices) -> Steps:
    if world.elsewhere is None:
        yield from of_their_rows(world)
        yield from of_their_server(world)
        yield from strangers(world, choices)
    yield from of_the_way_there(world)
    yield from of_ours(world, choices)
    yield from operators(world, choices)


def struck(world: World, theirs: Theirs, *, other: bool = False) -> World:
    """Their database is as nobody made it by hand. What it lacks is no person's doing where it is `other` one, or has no users,
    or lacks rows of more than half of several owners.
    """
    certain = {row.written.connection for row in world.ours.known_rows() if row.is_expected}
    before = {r.id: r.owner for r in world.theirs.visible if r.id in certain}
    lost = {row: owner for row, owner in before.items() if theirs.row(row) is None}
    owners, bereft = len({*before.values()}), len({*lost.values()})
    rows = {*lost} if other or not theirs.users or (owners > 1 and 2 * bereft > owners) else set()
    back = {r.id for r in theirs.visible}
    truth = world.truth
    after = truth._replace(struck=(truth.struck | rows) - back, misfortunes=truth.misfortunes + 1)
    return with_shown(world._replace(theirs=theirs).knowing(after))


def with_shown(world: World) -> World:
    """Rows that a backup brought back were there, too; so were those of connections that came back here."""
    there = {row.id for row in world.theirs.rows}
    shown = {(c.id, c.times_connected) for c in world.ours.connections if c.id in there}
    return world.knowing(world.truth._replace(shown=world.truth.shown | shown))


def cut(world: World) -> World:
    """Another server answers: what writers had not committed is lost, and they with it."""
    return world._replace(writers=tuple(writer for writer in world.writers if writer.wrote))


def of_their_rows(world: World) -> Steps:
    left, theirs = world.left, world.theirs
    empty = theirs._replace(rows=(), position=theirs.position + 1)
    if left.truncations and theirs.rows:
        yield "connections are truncated:", lambda: struck(world.less("truncations"), empty)
    if left.truncations_with_users and theirs.rows:
        both = empty._replace(users=frozenset())
        yield "users and connections are truncated:", lambda: struck(world.less("truncations_with_users"), both)
    if left.hidings and not theirs.hidden:
        yield "row-level security hides the rows:", lambda: struck(world.less("hidings"), theirs._replace(hidden=True))
    if theirs.hidden:
        yield "row-level security is lifted:", lambda: struck(world, theirs._replace(hidden=False))
    if left.backups:
        yield "their backup is made:", lambda: world.less("backups")._replace(their_backup=theirs)
    backup = world.their_backup
    if backup is not None and left.restores:
        yield "their backup is restored:", lambda: struck(cut(world.less("restores")), backup, other=True)
    if backup is not None and left.rows_restored:
        in_place = theirs._replace(rows=backup.rows, users=backup.users, position=theirs.position + 1)
        yield "their backup's rows are restored in place:", lambda: struck(world.less("rows_restored"), in_place)


def of_their_server(world: World) -> Steps:
    left, theirs = world.left, world.theirs
    if left.replacements:
        fewer = world.less("replacements")
        yield "their table is made anew:", lambda: struck(fewer, theirs._replace(table=theirs.table + 1, rows=()), other=True)
        moved = theirs._replace(system="moved", table=9, position=1)
        yield "their database is moved:", lambda: struck(cut(fewer), moved, other=True)
    if left.standbys and not theirs.standby:
        yield (
            "their database is a standby:",
            lambda: struck(cut(world.less("standbys")), theirs._replace(standby=True), other=True),
        )
    if theirs.standby:
        yield "the standby takes over:", lambda: struck(cut(world), theirs._replace(standby=False), other=True)


def of_the_way_there(world: World) -> Steps:
    left, theirs = world.left, world.theirs
    if left.outages and not world.away:
        yield "their database is away:", lambda: world.less("outages")._replace(away=True)
    if world.away:
        yield "their database is back:", lambda: world._replace(away=False)
    if left.wrong_addresses and world.elsewhere is None:
        other = Theirs(system="staging", table=7, users=frozenset(world.owners))
        yield (
            "the address is wrong:",
            lambda: struck(cut(world.less("wrong_addresses"))._replace(elsewhere=theirs), other, other=True),
        )
    if world.elsewhere is not None:
        home = world.elsewhere
        yield "the address is right again:", lambda: struck(cut(world)._replace(elsewhere=None), home, other=True)


def of_ours(world: World, choices: Choices) -> Steps:
    if world.left.our_backups:
        yield "our backup is made:", lambda: our_backup(world.less("our_backups"))
    backup = world.our_backup
    if world.left.our_restores and backup is not None:
        yield "our backup is restored:", lambda: ours_restored(world.less("our_restores"))
    if world.ours.hold:
        yield "our restored database is adopted:", lambda: adopted(world, choices)


def our_backup(world: World) -> World:
    """One of a restored database lacks what that lacks until it is adopted."""
    removals = world.truth.removals if world.ours.hold else ()
    truth = world.truth._replace(at_backup=(world.now, world.truth.absent), removals=removals)
    return world._replace(our_backup=world.ours).knowing(truth)


def ours_restored(world: World) -> World:
    """It is on hold, and nobody who worked with the former one lives on."""
    if world.our_backup is None:
        return world
    restored = world._replace(ours=world.our_backup._replace(hold=True), writers=(), looks=())
    at, absent = world.truth.at_backup
    absent = absent if at == world.now else ()
    truth = world.truth._replace(misfortunes=world.truth.misfortunes + 1, absent=absent, vanished=frozenset())
    return with_shown(restored.knowing(truth))


def adopted(world: World, choices: Choices) -> World:
    """What people had removed since is removed again."""
    for connection in world.truth.removals:
        if world.ours.connection(connection) is not None:
            world = disconnected(world, connection, choices)
    for owner in sorted(world.truth.erased):
        world = erased_here(world, owner, choices)
    return world._replace(ours=world.ours._replace(hold=False))


def strangers(world: World, choices: Choices) -> Steps:
    """A second deployment, with its own database, comes to the same dashboard and connects somebody."""
    if world.left.strangers and not world.away and world.theirs.users and not world.theirs.standby:
        yield "a second deployment comes:", lambda: second_deployment(world.less("strangers"), choices)


def second_deployment(world: World, choices: Choices) -> World:
    look = world.theirs.look(frozenset())
    note = judged(MirrorState(), (), (), look, world.now)
    if choices.first_look_comes_first and choices.unknown_rows_freeze and not note.writes:
        return world
    row = Row(ConnectionId("x1"), min(world.theirs.users))
    occupied = bool(world.theirs.visible)
    world = struck(world, world.theirs.with_row(row))
    return world.sinned("foreign") if occupied else world


# ---- operators


def operators(world: World, choices: Choices) -> Steps:
    note = world.ours.note
    if (
        world.left.rebuilds
        and world.elsewhere is None
        and not world.away
        and not world.theirs.standby
        and not world.ours.hold
        and not world.looks
    ):
        yield "an operator rebuilds:", lambda: rebuilt(world.less("rebuilds"), choices)
    if world.left.switches and not note.off:
        off = world.ours._replace(note=note.turned(off=True))
        yield (
            "an operator turns the mirror off:",
            lambda: world.less("switches")._replace(ours=off).knowing(world.truth._replace(absent=())),
        )
    if note.off:
        on = world.ours._replace(note=note.turned(off=False))
        yield "an operator turns the mirror on:", lambda: world._replace(ours=on).knowing(world.truth._replace(absent=()))


def rebuilt(world: World, choices: Choices) -> World:
    """All is written anew; rows that nobody here knows ask for their people."""
    look = world.theirs.look(frozenset(world.owners))
    ours = world.ours
    for strange in sorted(ours_without_token(look) - {w.connection for w in ours.written}):
        owner = row_owner(world, strange)
        world, ours = marked_stale(world, strange), ours.with_written(WrittenRow(strange, owner, stale=True))
        world = world.knowing(world.truth._replace(erased=world.truth.erased - {owner}))
    written = tuple(replace(w, confirmed_for=None) for w in ours.written)
    connections = tuple(c._replace(missing_since=None) for c in ours.connections)
    ours = ours._replace(note=ours.note.rebuilt(look, world.now), written=written, connections=connections)
    for connection in connections:
        ours = ours.sent(connection.id)
    lasting = world.truth.misfortunes if world.theirs.hidden else 0
    truth = world.truth._replace(vanished=frozenset(), struck=frozenset(), absent=(), misfortunes=lasting)
    world = world._replace(ours=ours).knowing(truth)
    for connection in connections:
        if connection.owner in look.gone_users:
            world = disconnected(world, connection.id, choices)
    return world


def row_owner(world: World, row: ConnectionId) -> OwnerId:
    return next(r.owner for r in world.theirs.rows if r.id == row)


def marked_stale(world: World, row: ConnectionId) -> World:
    """It says from now on that its person must connect again; whom we once disconnected should not be asked."""
    owner = row_owner(world, row)
    world = world._replace(theirs=world.theirs.with_row(Row(row, owner, needs_reauth=True)))
    forgotten = world.our_backup is not None and not world.left.our_restores
    return world.sinned("resurrected") if row in world.truth.ended and not forgotten else world
