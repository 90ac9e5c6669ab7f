"""Everything that may happen next: time, looks, rotations, backups and what becomes of them, adoptions."""

from collections.abc import Iterator

from model.restores.choices import Choices
from model.restores.world import COPIED, ELSEWHERE, HOME, Database, WentBack, World

Steps = Iterator[tuple[str, World]]

FORGIVEN = 2
"""Minutes by which a database may be behind its note: a stamp's age, and what a standby may have missed."""


def steps(world: World, choices: Choices) -> Steps:
    yield from time_passes(world)
    yield from looks(world, choices)
    yield from rotations(world, choices)
    yield from people(world)
    yield from servers(world)
    yield from adoptions(world, choices)


def less(world: World, chance: str) -> World:
    return world._replace(left=world.left._replace(**{chance: getattr(world.left, chance) - 1}))


def time_passes(world: World) -> Steps:
    if world.left.minutes:
        yield "a minute passes", less(world, "minutes")._replace(now=world.now + 1, standby=world.database)


# ---- looks


def looks(world: World, choices: Choices) -> Steps:
    yield "the process with notes looks", looked(world, choices, notes=True)
    yield "the process without notes looks", looked(world, choices, notes=False)
    if world.left.outages and not choices.note_follows_commit:
        lost = less(world, "outages").with_note(world.database.name, world.now)
        yield "a time is noted, and its stamp is not committed", lost
    if world.copy is not None and (world.copy.home == ELSEWHERE or not choices.other_addresses_note_nothing):
        yield "the copy looks", noted(world._replace(copy=stamped(world.copy, world.now, choices)), world.copy, choices)


def looked(world: World, choices: Choices, *, notes: bool) -> World:
    database = world.database
    if notes and not database.hold:
        if went_back(database, world.noted(database.name), choices):
            sin = "false" if world.went_back is None else world.sin
            return world._replace(database=database._replace(hold=choices.hold_is_stored), known=True, sin=sin)
        if lacks(world):
            return world._replace(sin="found")
    world = world._replace(database=stamped(database, world.now, choices))
    return noted(world, world.database, choices) if notes else world


def stamped(database: Database, now: int, choices: Choices) -> Database:
    stamp = max(database.stamp, now) if choices.stamps_never_go_back else now
    if choices.gaps_are_remembered and stamp - database.stamp > FORGIVEN:
        return database._replace(stamp=stamp, gaps=(*database.gaps, (database.stamp, stamp)))
    return database._replace(stamp=stamp)


def noted(world: World, database: Database, choices: Choices) -> World:
    """A stamp is noted outside: at once, or with the next one where it ended a gap."""
    if choices.first_stamp_waits and database.gaps and database.gaps[-1][1] == database.stamp:
        return world.with_note(database.name, database.gaps[-1][0])
    return world.with_note(database.name, database.stamp)


def went_back(database: Database, noted: int | None, choices: Choices) -> bool:
    if noted is None:
        return False
    forgiven = FORGIVEN if choices.lag_is_forgiven else 0
    return noted > database.stamp + forgiven or any(began + forgiven < noted < ended for began, ended in database.gaps)


def lacks(world: World) -> bool:
    """Whether the note told of a time that the database has not lived through, in truth."""
    return world.went_back is not None and world.went_back.noted > world.went_back.stamp + FORGIVEN


# ---- rotations


def rotations(world: World, choices: Choices) -> Steps:
    if not world.left.rotations:
        return
    fewer = less(world, "rotations")
    if world.journal is None:
        for who, notes in (("the process with notes", True), ("the process without notes", False)):
            seen = looked(fewer, choices, notes=notes)
            found = notes and went_back(seen.database, seen.noted(seen.database.name), choices)
            if not (seen.sin or seen.database.hold or found):
                yield from sent(seen, who, choices)
    if world.copy is not None and world.copy.works_on and (world.copy.home == ELSEWHERE or not choices.other_addresses_hold):
        yield "the copy sends production's token", fewer._replace(sin="ours")


def sent(world: World, who: str, choices: Choices) -> Steps:
    database = world.database
    if not database.works_on:
        return
    if world.removed and not database.confirmed:
        yield f"{who} sends for an account that was removed", world._replace(sin="removed")
    elif database.token != world.live:
        yield f"{who} is refused", refused(world, choices)
    else:
        renewed = database._replace(token=world.live + 1, generation=database.generation + 1, confirmed=True)
        yield f"{who} rotates", world._replace(database=renewed, live=world.live + 1)
        if world.left.outages:
            kept = less(world, "outages")._replace(live=world.live + 1, journal=(database.generation, world.live + 1))
            yield f"{who} journals", kept


def refused(world: World, choices: Choices) -> World:
    """A spent token was sent: from a database that nobody with a note has looked at yet, or in the one try after an adoption."""
    database = world.database
    if database.confirmed:
        return world._replace(sin="held" if world.known else world.sin, database=database._replace(told="refused"))
    if world.tries:
        return world._replace(sin="told")
    told = database._replace(told="restored_backup") if choices.first_refusal_is_told else database
    return world._replace(database=told, tries=1)


# ---- people and servers


def people(world: World) -> Steps:
    if world.left.disconnects and world.database.token is not None and not world.database.hold:
        gone = world.database._replace(token=None, generation=world.database.generation + 1)
        yield "the person disconnects", less(world, "disconnects")._replace(database=gone, removed=True)


def servers(world: World) -> Steps:
    left, database = world.left, world.database
    if left.backups:
        yield "a backup is made", less(world, "backups")._replace(backup=database)
    if left.restores and left.minutes and world.backup is not None:
        lost = WentBack(world.backup.stamp, world.noted(world.backup.name) or 0)
        later = less(less(world, "restores"), "minutes")._replace(now=world.now + 1)
        restored = later._replace(database=world.backup, standby=world.backup)
        yield "the backup is restored", restored._replace(went_back=lost, known=False, tries=0)
    if left.failovers and world.went_back is None:
        promoted = less(world, "failovers")._replace(database=world.standby)
        yield "the standby takes over", promoted
        yield "the standby takes over, whose clock is behind", promoted._replace(now=world.now - FORGIVEN - 1)
    if left.copies and not database.hold:
        yield "a copy is started elsewhere", less(world, "copies")._replace(copy=database)


# ---- adoptions, and what the journal holds


def adoptions(world: World, choices: Choices) -> Steps:
    if world.journal is not None:
        yield "the journal is drained", drained(world, choices)
    if not world.left.adoptions:
        return
    fewer = less(world, "adoptions")
    if world.database.hold:
        yield "the restored database is adopted", adopted(drained(fewer, choices), choices)
    if world.copy is not None and world.copy.home == HOME:
        forgotten = world.copy._replace(name=COPIED if choices.copy_is_renamed else world.copy.name, home=ELSEWHERE)
        if choices.copy_forgets_tokens:
            forgotten = forgotten._replace(token=None, told="copied_database")
        yield "the copy is adopted", fewer._replace(copy=forgotten)


def drained(world: World, choices: Choices) -> World:
    if world.journal is None:
        return world
    generation, token = world.journal
    database, emptied = world.database, world._replace(journal=None)
    if database.token is None:
        return emptied
    wanted = database.generation <= generation if choices.journal_heals_older_rows else database.generation == generation
    if not wanted:
        return emptied._replace(sin="healed") if token == world.live != database.token else emptied
    return emptied._replace(database=database._replace(token=token, generation=generation + 1, told="", confirmed=True))


def adopted(world: World, choices: Choices) -> World:
    database = world.database._replace(hold=False, stamp=max(world.now, world.database.stamp), confirmed=False, told="")
    if choices.adoption_forgets_gaps:
        database = database._replace(gaps=())
    if world.removed and choices.removals_are_applied:
        database = database._replace(token=None, generation=database.generation + 1)
    return world._replace(database=database, standby=database, went_back=None, known=False, tries=0)
