"""What happens to the processes: leases run out, processes die, start and stop, the database goes and comes, windows pass."""

from collections.abc import Iterator

from model.choices import Protocol
from model.rotation import others_had_time, store_pair
from model.world import DEAD, Row, Worker, World

Steps = Iterator[tuple[str, World]]


def misfortunes(world: World, protocol: Protocol, limit: int | None) -> Steps:
    for r, row in enumerate(world.rows):
        if row.leased and protocol.leases_end:
            yield from lapse(world, protocol, r, row)
    for i, w in enumerate(world.workers):
        yield from (death(world, i, w) if w.lives else start(world, i, w))
        yield from stop(world, protocol, i, w)
        yield from contact(world, protocol, i, w)
    yield from drains(world, protocol)
    yield from weather(world)
    if limit is not None:
        yield from window(world, protocol, limit)


def lapse(world: World, protocol: Protocol, r: int, row: Row) -> Steps:
    """A lease runs out: under its holder only if that waits, pauses or cannot reach the database."""
    family = world.families[row.family]
    over = world.put_row(r, row._replace(leased=False)).put_family(row.family, family._replace(underway=None, judged=False))
    holders = [
        (i, w) for i, w in enumerate(world.workers) if w.at_work and row.attempt and (w.row, w.attempt) == (r, row.attempt)
    ]
    if not holders:
        yield "the lease runs out", over
    for i, w in holders:
        left = world.left
        if w.step == "claimed" and not w.permitted and not protocol.permits_come_with_the_claim:
            yield f"the lease of p{i} runs out waiting for a permit", over.put(i, w._replace(late="waited"))
        elif w.step == "claimed" and left.dawdles:
            less = over._replace(left=left._replace(dawdles=left.dawdles - 1))
            yield f"the lease of p{i} runs out unsent", less.put(i, w._replace(late="waited"))
        elif w.step != "claimed" and not world.reached_by(w):
            yield (
                f"the lease of p{i} runs out without a database",
                over.put(i, w._replace(late="alone" if w.alone else "cut off")),
            )
        elif w.step != "claimed" and left.pauses:
            less = over._replace(left=left._replace(pauses=left.pauses - 1))
            yield f"p{i} pauses beyond its lease", less.put(i, w._replace(late="paused"))


def death(world: World, i: int, w: Worker) -> Steps:
    if not world.left.deaths or not (w.at_work or world.journals[w.host]):
        return
    after = world._replace(left=world.left._replace(deaths=world.left.deaths - 1))
    yield f"p{i} is killed", let_go(after, w).put(i, Worker(w.host, "dead"))


def let_go(world: World, w: Worker) -> World:
    """A process is gone: what it had in hand is lost, and what is in its journal may be late."""
    f = world.rows[w.row].family
    family = world.families[f]
    if w.step == "answered" and not w.probes and w.answer == family.live != DEAD:
        world = world.put_family(f, family._replace(gone=True))
    orphaned = tuple(record._replace(excused=True) for record in world.journals[w.host])
    return world.put_journal(w.host, orphaned)


def start(world: World, i: int, w: Worker) -> Steps:
    yield f"p{i} starts again", world.put(i, Worker(w.host))


def stop(world: World, protocol: Protocol, i: int, w: Worker) -> Steps:
    if w.stopping and w.step == "idle":
        yield f"p{i} has stopped", let_go(world, w).put(i, Worker(w.host, "dead"))
    if not world.left.stops or not w.lives or w.stopping:
        return
    after = world._replace(left=world.left._replace(stops=world.left.stops - 1))
    stopped = w._replace(stopping=True) if protocol.stop_awaits_answers else w.done()._replace(stopping=True)
    yield f"p{i} is told to stop", after.put(i, stopped)


def contact(world: World, protocol: Protocol, i: int, w: Worker) -> Steps:
    """One process alone loses the database, or finds it again; or it notices that all have lost it."""
    if world.left.partitions and w.at_work and not w.alone:
        less = world._replace(left=world.left._replace(partitions=world.left.partitions - 1))
        yield (
            f"p{i} alone loses the database",
            less.put(i, w._replace(alone=True, late="alone" if w.late == "cut off" else w.late)),
        )
    if w.alone:
        yield f"p{i} finds the database again", world.put(i, w._replace(alone=False))
    if protocol.takeovers_wait == "after an outage seen" and w.step == "idle":
        if not world.database and not w.wary:
            yield f"p{i} sees that the database is away", world.put(i, w._replace(wary=True))
        if world.database and w.wary and others_had_time(world, w):
            yield f"p{i} has waited long enough", world.put(i, w._replace(wary=False))


def drains(world: World, protocol: Protocol) -> Steps:
    """A journal is drained when the database returns, at a start, and before a claim: that is, whenever it can be."""
    for h, records in enumerate(world.journals):
        if records and any(w.host == h and w.lives and world.reached_by(w) for w in world.workers):
            label, after = store_pair(world, protocol, records[0])
            yield f"host {h} drains its journal: {label}", after.put_journal(h, records[1:])


def weather(world: World) -> Steps:
    if not world.database:
        yield "the database returns", world._replace(database=True)
    elif world.left.outages:
        yield "the database goes away", world._replace(database=False, left=world.left._replace(outages=world.left.outages - 1))


def window(world: World, protocol: Protocol, limit: int) -> Steps:
    """The budget's window passes; a permit that was not used in it is void."""
    if world.permits == limit and not world.sent:
        return
    workers = world.workers
    if protocol.permits_end_with_their_window:
        workers = tuple(w._replace(permitted=False) if w.step == "claimed" else w for w in workers)
    yield "the next window begins", world._replace(workers=workers, permits=limit, sent=0)
