"""What people do, and what follows of it: disconnect, consent anew, revoke."""

from collections.abc import Iterator

from model.choices import Protocol
from model.world import DEAD, Family, Health, Row, World

Steps = Iterator[tuple[str, World]]

NOT_YET = Row(family=1, token=None, health="absent")
"""The grant of the consent that is still to come."""


def people(world: World, protocol: Protocol) -> Steps:
    yield from revocation(world, protocol)
    if world.database:
        yield from disconnect(world, protocol)
        yield from consent(world, protocol)
    if world.consent and world.left.deaths:
        less = world._replace(left=world.left._replace(deaths=world.left.deaths - 1), consent="")
        if world.consent == "exchanged":
            less = less.put_family(1, world.families[1]._replace(gone=True))
        yield "the callback is killed", less


def disconnect(world: World, protocol: Protocol) -> Steps:
    if not world.left.disconnects or world.consent == "stored":
        return
    r = max(r for r, row in enumerate(world.rows) if row.health != "absent")
    row = world.rows[r]
    if row.token is not None:
        less = world._replace(left=world.left._replace(disconnects=world.left.disconnects - 1))
        queued = less._replace(queue=world.queue | {(row.family, row.token)})
        yield f"the person disconnects grant {r}", queued.put_row(r, erased(row, protocol, "revoked"))


def erased(row: Row, protocol: Protocol, health: Health) -> Row:
    return Row(row.family, None, row.generation + protocol.erasing_moves_generation, health, ended=True)


def consent(world: World, protocol: Protocol) -> Steps:
    """A callback: consume the state, see that no revocation is announced, exchange the code, store the pair, move accounts."""
    match world.consent:
        case "" if world.left.consents:
            less = world._replace(left=world.left._replace(consents=world.left.consents - 1), consent="consumed")
            if protocol.old_grant_goes == "first":
                less = supersede(less, protocol)
            yield "the person consents again", less
        case "consumed" if not (protocol.consents_wait_for_revocations and (world.announced or world.revoking)):
            yield "no revocation is under way", world._replace(consent="cleared")
        case "cleared":
            yield "the code is exchanged", world.put_family(1, Family())._replace(consent="exchanged")
        case "exchanged":
            yield "the new grant is stored", world.put_row(1, Row(family=1))._replace(consent="stored")
        case "stored":
            yield "its accounts move to the new grant", supersede(world, protocol)._replace(consent="")
        case _:
            pass


def supersede(world: World, protocol: Protocol) -> World:
    old = world.rows[0]
    if old.token is None:
        return world
    if protocol.supersede == "revokes":
        world = revoked(world, (old.family, old.token))
    return world.put_row(0, erased(old, protocol, "superseded"))


def revocation(world: World, protocol: Protocol) -> Steps:
    """A queued token is announced, looked into, and then revoked, unless another live grant shares its login.

    A callback that began before is waited for, or the revocation is put off; one that begins later waits itself.
    """
    if world.revoking:
        after = revoked(world, world.revoking)._replace(revoking=None)
        yield f"t{world.revoking[1]} of consent {world.revoking[0]} is revoked", after
    elif not world.database:
        return
    elif world.announced:
        yield "the revocation is put off", world._replace(announced=None, queue=world.queue | {world.announced})
        if not (protocol.revocation_yields_to_consents and world.consent in {"cleared", "exchanged"}):
            yield look_into(world, protocol, world.announced)
    else:
        for queued in sorted(world.queue):
            label = f"the revocation of t{queued[1]} of consent {queued[0]} is announced"
            yield label, world._replace(queue=world.queue - {queued}, announced=queued)


def look_into(world: World, protocol: Protocol, queued: tuple[int, int]) -> tuple[str, World]:
    less = world._replace(announced=None)
    if protocol.revocation_asks_who_shares and any(row.token is not None for row in world.rows):
        forgotten = less.put_family(queued[0], less.families[queued[0]]._replace(gone=True))
        return f"t{queued[1]} of consent {queued[0]} is forgotten: its login is shared", forgotten
    return f"t{queued[1]} of consent {queued[0]} is to be revoked", less._replace(revoking=queued)


def revoked(world: World, which: tuple[int, int]) -> World:
    """The provider revokes a token, and what else this login has of us: it may be the same token."""
    for f, family in enumerate(world.families):
        wanted = any(row.family == f and row.token is not None for row in world.rows) or (f == 1 and world.consent == "exchanged")
        if f != which[0] and family.live != DEAD and wanted:
            world = world._replace(sin="revoked")
        if f != which[0] or family.live == which[1]:
            world = world.put_family(f, family._replace(live=DEAD, withdrawn=True))
    return world
