"""One rotation: claim, look, send, settle. Every step of a process that the machine can be stopped between is one transition."""

from collections.abc import Iterator

from model.choices import Protocol
from model.provider import Kind, probe, refresh
from model.world import Health, Record, Row, Worker, World

Steps = Iterator[tuple[str, World]]


def rotation(world: World, protocol: Protocol, kind: Kind, limit: int | None) -> Steps:
    """Everything that the processes may do next."""
    for i, w in enumerate(world.workers):
        match w.step:
            case "idle":
                yield from claim(world, protocol, i, w)
                yield from declare(world, protocol, i, w)
            case "claimed":
                yield from send(world, protocol, kind, limit, i, w)
            case "answered":
                if w.answer == "silence" and not (protocol.silence_waits_for_the_lease or w.stopping or w.late):
                    yield from send(world, protocol, kind, limit, i, w._replace(doubted=True, answer=None))
                else:
                    yield from settle(world, protocol, i, w)
            case "reloaded":
                yield from write_reloaded(world, protocol, i, w)
            case "dead":
                pass


# ---- claim


def claim(world: World, protocol: Protocol, i: int, w: Worker) -> Steps:
    if w.stopping or not world.reached_by(w) or not world.left.claims:
        return
    if protocol.permits_come_with_the_claim and world.permits == 0:
        return
    if protocol.drain_before_claiming and world.journals[w.host]:
        return
    for r, row in enumerate(world.rows):
        if row.token is None or row.leased or (row.health not in {"active", "degraded"} and not protocol.refused_is_sent_again):
            continue
        if row.doubtful and not may_take_over(world, protocol, w):
            continue
        attempt = world.left.claims  # counts down: a number that was never used before
        doubted = row.in_doubt or (row.attempt != 0 and protocol.claim_marks_doubt)
        after = world._replace(left=world.left._replace(claims=attempt - 1))
        if protocol.permits_come_with_the_claim:
            after = take_permit(after)
        if (
            world.families[row.family].underway != row.token
        ):  # a new pair is due after half its life: no request is under way that long
            after = after.put_family(row.family, after.families[row.family]._replace(underway=None, judged=False))
        claimed = w._replace(
            step="claimed",
            row=r,
            generation=row.generation,
            token=row.token,
            attempt=attempt,
            doubted=doubted,
            probes=row.health == "degraded",
            permitted=protocol.permits_come_with_the_claim,
        )
        after = after.put_row(r, row._replace(attempt=attempt, leased=True, in_doubt=doubted))
        yield f"p{i} claims {name(r, row)}{' in doubt' if doubted else ''}", after.put(i, claimed)


def may_take_over(world: World, protocol: Protocol, w: Worker) -> bool:
    """Whether those who may hold the answer had the time to bring it in."""
    match protocol.takeovers_wait:
        case "always":
            return others_had_time(world, w)
        case "after an outage seen":
            return not w.wary
        case "never":
            return True


def others_had_time(world: World, claimant: Worker) -> bool:
    """What waiting for the drain time comes to: whoever else runs and reaches the database has brought in what it had.

    Who is paused, cut off alone or dead has not.
    """
    able = [w for w in world.workers if w.lives and world.reached_by(w)]
    kept = any(world.journals[w.host] for w in able if w.host != claimant.host)
    return not kept and not any(w.late == "cut off" for w in able)


def take_permit(world: World) -> World:
    return world if world.permits is None else world._replace(permits=world.permits - 1)


def declare(world: World, protocol: Protocol, i: int, w: Worker) -> Steps:
    """The access token of a refused grant has ended, and a sweep says so: a claim and its settle, with no call between them."""
    for r, row in enumerate(world.rows):
        if row.health in {"degraded", "probed", "dead"} and not row.leased and world.reached_by(w) and not w.stopping:
            doubted = row.in_doubt or (row.attempt != 0 and protocol.claim_marks_doubt)
            over = row._replace(health="needs_reauth", asked=True, outlived=True, attempt=0, in_doubt=doubted)
            yield f"the access token ends, p{i} asks for reauthorisation", world.put_row(r, over)


# ---- send


def send(world: World, protocol: Protocol, kind: Kind, limit: int | None, i: int, w: Worker) -> Steps:
    if w.stopping or (w.late and protocol.look_at_the_clock):
        yield release(world, protocol, i, w)
        return
    if not w.permitted:
        if protocol.permits_come_with_the_claim:
            yield release(world, protocol, i, w)
            return
        if world.permits == 0:
            return  # it waits, and its lease runs
        world = take_permit(world)
    if w.doubted and protocol.reread_when_in_doubt:
        if not world.reached_by(w):
            yield f"p{i} cannot look again and gives up", world.put(i, w.done())
            return
        if world.rows[w.row].generation != w.generation:
            yield f"p{i} finds another generation and sends nothing", world.put(i, w.done())
            return
    world = count(world, limit)
    family = world.rows[w.row].family
    if w.probes:
        answers = ((f"probes: {answer}", answer, world) for answer in probe(world, family))
    else:
        answers = (
            (f"sends t{w.token}, {event}", answer, after) for event, answer, after in refresh(world, kind, family, w.token)
        )
    yield from ((f"p{i} {what}", after.put(i, w._replace(step="answered", answer=answer))) for what, answer, after in answers)


def release(world: World, protocol: Protocol, i: int, w: Worker) -> tuple[str, World]:
    if not world.reached_by(w):
        return f"p{i} leaves its claim, unsent", world.put(i, w.done())
    row = world.rows[w.row]
    if row.attempt == w.attempt:
        in_doubt = row.in_doubt and protocol.release_keeps_doubt
        world = world.put_row(w.row, row._replace(attempt=0, leased=False, in_doubt=in_doubt))
    return f"p{i} gives its claim back, unsent", world.put(i, w.done())


def count(world: World, limit: int | None) -> World:
    if limit is None:
        return world
    return world._replace(sent=world.sent + 1, sin="budget" if world.sent >= limit else world.sin)


# ---- settle


def settle(world: World, protocol: Protocol, i: int, w: Worker) -> Steps:
    if not world.reached_by(w):
        yield without_database(world, protocol, i, w)
        return
    if isinstance(w.answer, int):
        label, stored = store_pair(world, protocol, pair_of(w, w.answer))
    elif world.rows[w.row].generation != w.generation:
        label, stored = "finds another generation", world
    elif w.answer == "refused" and not w.probes and not protocol.refusal_is_one_statement:
        yield f"p{i} reloads the grant", world.put(i, w._replace(step="reloaded"))
        return
    elif world.rows[w.row].attempt != w.attempt and protocol.failure_fenced_by == "generation and attempt":
        label, stored = "was overtaken", world
    else:
        label, stored = f"notes: {w.answer}", world.put_row(w.row, failed(world.rows[w.row], protocol, w))
    yield f"p{i} {label}", stored.put(i, w.done())
    if world.left.outages:
        less = stored._replace(database=False, left=world.left._replace(outages=world.left.outages - 1))
        yield f"p{i} {label}, and the database goes away before it says so", less


def without_database(world: World, protocol: Protocol, i: int, w: Worker) -> tuple[str, World]:
    after = world.put(i, w.done()._replace(wary=protocol.takeovers_wait == "after an outage seen"))
    if not isinstance(w.answer, int):
        return f"p{i} cannot settle: {w.answer}", after
    if not protocol.journal:
        return f"p{i} cannot settle t{w.answer}", after
    return f"p{i} journals t{w.answer}", after.put_journal(w.host, (*world.journals[w.host], pair_of(w, w.answer)))


def pair_of(w: Worker, token: int) -> Record:
    return Record(w.row, w.generation, w.attempt, token, w.excused)


def store_pair(world: World, protocol: Protocol, pair: Record) -> tuple[str, World]:
    """An answer with tokens, from a call or from a journal."""
    row = world.rows[pair.row]
    overtaken = row.attempt != pair.attempt
    if row.generation == pair.generation and (not overtaken or protocol.success_fenced_by == "generation"):
        in_doubt = overtaken and protocol.late_pair_leaves_doubt
        healed = Row(row.family, pair.token, row.generation + 1, in_doubt=in_doubt, ended=row.ended)
        if not protocol.settle_heals:
            healed = healed._replace(health=row.health, reason=row.reason, refusals=row.refusals, asked=row.asked)
        return f"settles t{pair.token}", world.put_row(pair.row, healed)
    if row.health == "revoked" and protocol.late_pair_is_revoked:
        return f"queues t{pair.token} for revocation", world._replace(queue=world.queue | {(row.family, pair.token)})
    return f"drops t{pair.token}", world


def failed(row: Row, protocol: Protocol, w: Worker) -> Row:
    """The grant after an outcome without tokens."""
    settled = row._replace(attempt=0, leased=False, in_doubt=w.doubted)
    match w.answer:
        case "works":
            return settled._replace(health="probed")
        case "refused" if w.probes:
            return settled._replace(health="needs_reauth" if row.asked else "dead")
        case "refused":
            return refused(settled, protocol, w)
        case "silence" if not protocol.silence_is_doubt:
            return settled._replace(health="degraded", reason="refused", refusals=1)
        case "silence":
            return settled._replace(in_doubt=True, leased=row.leased)
        case _:
            return settled


def refused(row: Row, protocol: Protocol, w: Worker) -> Row:
    """The grant after a refusal. How many others were renewed meanwhile may delay what a person is told, and nothing else: it is
    left out.
    """
    refusals = min(row.refusals + 1, 2)
    asked = row.asked or w.doubted or refusals == 2 or protocol.believed_at == "the first refusal"
    health: Health = "degraded" if row.health == "active" else "needs_reauth" if row.health == "dead" and asked else row.health
    told = row._replace(health=health, refusals=refusals, asked=asked)
    return told._replace(reason="in doubt" if w.doubted and protocol.doubt_is_told else "refused")


def write_reloaded(world: World, protocol: Protocol, i: int, w: Worker) -> Steps:
    if world.reached_by(w):
        row = failed(world.rows[w.row], protocol, w)
        yield f"p{i} writes: refused", world.put_row(w.row, row).put(i, w.done())
    else:
        yield f"p{i} cannot write", world.put(i, w.done())


def name(r: int, row: Row) -> str:
    return f"grant {r} g{row.generation}"
