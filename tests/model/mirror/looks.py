"""Looks: read ours, see theirs, judge, note what is missing, conclude. Each step may be long after the one before."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from domain.mirror_absence import absences, none_missing
from domain.mirror_freeze_judgement import ENOUGH_OWNERS, judged, many_are_missing
from domain.mirror_freeze_reasons import FreezeReason
from domain.mirror_look import Look
from domain.mirror_recognition import gone_anew, seen_anew, stale_no_longer
from domain.mirror_state import MirrorState
from domain.mirrored_row import REMEMBERED_FOR, KnownRow, WrittenRow
from model.mirror.choices import Choices
from model.mirror.people import ended, erased_here
from model.mirror.world import HALF_A_DAY, LookUnderWay, Ours, Steps, World
from model.mirror.writer import with_confirmed

IDENTITY = {FreezeReason.STANDBY, FreezeReason.OTHER_DATABASE, FreezeReason.OTHER_TABLE, FreezeReason.WENT_BACK}
MUCH = 100
"""By so much their log grows in half a day."""
WHOLE = 2
"""Half days in which a row must have been missing."""


def looks(world: World, choices: Choices) -> Steps:
    if may_look(world, choices):
        yield "a look:", lambda: looked(world, choices)
        if world.left.slow_looks:
            yield "a slow look begins:", lambda: under_way(world.less("slow_looks"), begun(world))
    for look in world.looks:
        without = world._replace(looks=tuple(other for other in world.looks if other is not look))
        if look.look is None:
            if not world.away:
                yield "the slow look sees theirs:", partial(under_way, without, seen(world, look))
        else:
            yield "the slow look concludes:", partial(concluded, without, look, choices)


def may_look(world: World, choices: Choices) -> bool:
    return not world.away and not world.ours.note.off and (not world.ours.hold or not choices.hold_stops_the_mirror)


def under_way(world: World, look: LookUnderWay) -> World:
    return world._replace(looks=(*world.looks, look))


def begun(world: World) -> LookUnderWay:
    return LookUnderWay(world.ours.note, world.ours.known_rows())


def seen(world: World, look: LookUnderWay) -> LookUnderWay:
    owners = frozenset(row.written.owner for row in look.rows)
    return look._replace(look=world.theirs.look(owners))


def looked(world: World, choices: Choices) -> World:
    """All steps at once."""
    return concluded(world, seen(world, begun(world)), choices)


def concluded(world: World, under_way: LookUnderWay, choices: Choices) -> World:
    look, rows = under_way.look, under_way.rows
    if look is None:
        return world
    if not choices.ours_is_read_first:
        rows = world.ours.known_rows()
    if world.ours.note != under_way.note and choices.overtaken_looks_are_void:
        return world
    before = world.ours.note
    known = {row.connection for row in world.ours.written} if choices.ids_are_read_again else set()
    judge = before if choices.frozen_stays_frozen else replace(before, frozen=None)
    note = guarded(judged(judge, rows, known, look, world.now), before, rows, look, choices, world)
    world = world._replace(ours=world.ours._replace(note=note))
    if note.frozen:
        return frozen(world, before, rows, choices)
    world = missed(world, before, rows, look, choices)
    return mended(world, rows, look, choices)


def guarded(
    note: MirrorState, before: MirrorState, rows: tuple[KnownRow, ...], look: Look, choices: Choices, world: World
) -> MirrorState:
    """The product's judgement, less what a wrong choice leaves out."""
    if note.frozen is None or note.frozen == before.frozen:
        return note
    reason = note.frozen.reason
    owners = len({row.written.owner for row in rows if row.is_expected})
    if reason is FreezeReason.MANY_MISSING:
        left_out = owners < choices.guard_from if owners >= ENOUGH_OWNERS else not choices.two_at_once_freeze
    else:
        left_out = not {
            **dict.fromkeys(IDENTITY, choices.identity_freezes),
            FreezeReason.NO_USERS: choices.empty_users_freeze,
            FreezeReason.UNKNOWN_ROWS: choices.unknown_rows_freeze,
        }[reason]
    if not left_out:
        return note
    if reason is not FreezeReason.MANY_MISSING and many_are_missing(rows, look) and owners >= choices.guard_from:
        return before.froze(FreezeReason.MANY_MISSING, world.now)
    return before.looked(look, world.now)


def frozen(world: World, before: MirrorState, rows: tuple[KnownRow, ...], choices: Choices) -> World:
    """Nothing is missing any more. A mirror that froze without any misfortune did so for nothing."""
    note = world.ours.note
    if (
        before.frozen is None
        and note.frozen
        and note.frozen.reason is not FreezeReason.MANY_MISSING
        and not world.truth.misfortunes
    ):
        return world.sinned("false")
    ours = world.ours
    if choices.freezing_clears_absences:
        for connection in none_missing(rows):
            if (current := ours.connection(connection)) is not None:
                ours = ours.with_connection(current._replace(missing_since=None))
    return world._replace(ours=ours).knowing(world.truth._replace(absent=()))


def missed(world: World, before: MirrorState, rows: tuple[KnownRow, ...], look: Look, choices: Choices) -> World:
    noted = before if choices.gaps_start_anew else replace(before, looked_at=world.now)
    verdict = absences(noted, rows, look, world.now)
    as_read = {row.written.connection: row for row in rows}
    fresh = {c for c, row in as_read.items() if unchanged(row, world.ours, choices)}
    ours = world.ours
    for connection, since in verdict.missing_since.items():
        current = ours.connection(connection)
        if current is not None and connection in fresh:
            there = not world.truth.misfortunes and world.theirs.row(connection) is not None
            if since is not None and (there or (connection, current.times_connected) not in world.truth.shown):
                world = world.sinned("unlisted")
            ours = ours.with_connection(current._replace(missing_since=since))
    world = world._replace(ours=ours)
    erased = (
        look.gone_users & {row.written.owner for row in rows if row.is_expected} if not choices.erasure_needs_all_rows else ()
    )
    gone = {c for c, since in verdict.missing_since.items() if since} if not choices.absence_lasts else {*verdict.disconnected}
    gone |= {c for c, row in as_read.items() if row.written.owner in {*verdict.erased, *erased}}
    for connection in sorted(gone & fresh):
        world = ended_by_absence(world, as_read[connection])
    for owner in verdict.erased:
        world = erased_here(world, owner, choices)
    return world


def unchanged(row: KnownRow, ours: Ours, choices: Choices) -> bool:
    """Whether the connection is still as it was read before the look."""
    current = ours.connection(row.written.connection)
    if current is None or not choices.conclusions_are_asked_again:
        return current is not None
    return (current.times_connected, current.missing_since) == (row.times_connected, row.missing_since)


def ended_by_absence(world: World, row: KnownRow) -> World:
    connection = row.written.connection
    if world.ours.connection(connection) is None:
        return world
    if dict(world.truth.absent).get(connection, 0) < WHOLE or world.ours.note.frozen:
        world = world.sinned("revoked")
    if connection in world.truth.struck:
        world = world.sinned("struck")
    return ended(world, connection)


def mended(world: World, rows: tuple[KnownRow, ...], look: Look, choices: Choices) -> World:
    """What was seen is confirmed; what differs is settled by a message."""
    there, ours = {row.connection: row for row in look.rows}, world.ours
    for connection, times_connected in seen_anew(rows, look).items():
        ours = with_confirmed(ours, connection, times_connected)
    for connection, at in gone_anew(rows, look, world.now).items():
        if (remembered := ours.written_row(connection)) is not None:
            ours = ours.with_written(replace(remembered, gone_at=at))
    for written in stale_no_longer(rows, look) if choices.stale_rows_give_way else ():
        ours = ours.with_written(replace(written, stale=False)).sent(written.connection)
    for row in rows if choices.looks_mend else ():
        current, found = ours.connection(row.written.connection), there.get(row.written.connection)
        if current is None:
            differs = found is not None and not row.written.stale
        elif found is None:
            differs = not row.is_expected
        else:
            differs = (found.status == "needs_reauth") != current.needs_reauth
        ours = ours.sent(row.written.connection) if differs else ours
    for current in ours.connections:
        if ours.written_row(current.id) is None:
            ours = ours.sent(current.id)
    return world._replace(ours=ours)


# ---- time


def time_passes(world: World, choices: Choices) -> Steps:
    if world.left.half_days and not world.looks and may_look(world, choices):
        yield "half a day passes, looked through:", lambda: looked_through(world.less("half_days"), choices)
    yield from a_year_passes(world, choices)
    if world.left.gaps:
        yield "half a day passes without a look:", lambda: gap(world.less("gaps"))


def looked_through(world: World, choices: Choices) -> World:
    """A look every 15 seconds finds what the first one found."""
    world = looked(world, choices)
    note, later = world.ours.note, world.now + HALF_A_DAY
    if note.frozen:
        grown = world.theirs if world.theirs.standby else world.theirs._replace(position=world.theirs.position + MUCH)
        return world._replace(now=later, theirs=grown)
    counts = dict(world.truth.absent)
    missing = (c.id for c in world.ours.connections if world.theirs.row(c.id) is None)
    absent = tuple(sorted((c, counts.get(c, 0) + 1) for c in missing))
    ours = world.ours._replace(note=replace(note, looked_at=later))
    return world._replace(now=later, ours=ours).knowing(world.truth._replace(absent=absent))


def a_year_passes(world: World, choices: Choices) -> Steps:
    """Nobody has so old a backup any more."""
    nothing_under_way = not (world.looks or world.writers or world.ours.outbox)
    all_listed = all(c.missing_since is None for c in world.ours.connections)
    if world.left.years and nothing_under_way and all_listed and may_look(world, choices):
        yield "more than a year passes:", lambda: forgotten(world.less("years"), choices)


def forgotten(world: World, choices: Choices) -> World:
    """A look at its beginning, others all the while, and what is gone so long is forgotten."""
    world = looked(world, choices)
    if world.ours.note.frozen or any(c.missing_since for c in world.ours.connections):
        return world
    later = world.now + REMEMBERED_FOR + HALF_A_DAY
    gone = [w.connection for w in world.ours.written if is_forgotten(w, world.ours, later, choices)]
    ours = world.ours.forgetting(*gone)
    ours = ours._replace(note=replace(ours.note, looked_at=later))
    return world._replace(now=later, ours=ours, their_backup=None, our_backup=None)


def is_forgotten(row: WrittenRow, ours: Ours, now: datetime, choices: Choices) -> bool:
    if ours.connection(row.connection) is not None:
        return False
    return not choices.rows_there_stay_remembered or (row.gone_at is not None and now - row.gone_at > REMEMBERED_FOR)


def gap(world: World) -> World:
    return world._replace(now=world.now + HALF_A_DAY).knowing(world.truth._replace(absent=()))
