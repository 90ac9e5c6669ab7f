"""What people do, and what follows of it: disconnect, consent anew, revoke."""

from collections.abc import Iterator

from model.protocol import Protocol
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
    """A callback: consume the state, exchange the code, store the grant, move the accounts over; a commit each."""
    match world.consent:
        case "" if world.left.consents and not (protocol.revocation_yields_to_consents and world.revoking):
            less = world._replace(left=world.left._replace(consents=world.left.consents - 1), consent="consumed")
            if protocol.old_grant_goes == "first":
                less = supersede(less, protocol)
            yield "the person consents again", less
        case "consumed":
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
    """A queued token is looked into, and then revoked, unless another live grant or a callback shares its login."""
    if world.revoking:
        yield (
            f"t{world.revoking[1]} of consent {world.revoking[0]} is revoked",
            revoked(world, world.revoking)._replace(revoking=None),
        )
        return
    if not world.database or (protocol.revocation_yields_to_consents and world.consent in {"consumed", "exchanged"}):
        return
    for f, token in sorted(world.queue):
        less = world._replace(queue=world.queue - {(f, token)})
        if protocol.revocation_asks_who_shares and any(row.token is not None for row in world.rows):
            yield (
                f"t{token} of consent {f} is forgotten: its login is shared",
                less.put_family(f, less.families[f]._replace(gone=True)),
            )
        else:
            yield f"t{token} of consent {f} is to be revoked", less._replace(revoking=(f, token))


def revoked(world: World, which: tuple[int, int]) -> World:
    """The provider revokes a token, and what else this login has of us: it may be the same token."""
    for f, family in enumerate(world.families):
        wanted = any(row.family == f and row.token is not None for row in world.rows) or (f == 1 and world.consent == "exchanged")
        if f != which[0] and family.live != DEAD and wanted:
            world = world._replace(sin="revoked")
        if f != which[0] or family.live == which[1]:
            world = world.put_family(f, family._replace(live=DEAD, withdrawn=True))
    return world
