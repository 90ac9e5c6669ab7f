"""The provider: what it does with a token that is sent to it."""

from collections.abc import Iterator
from typing import Literal

from model.world import DEAD, Answer, World

Kind = Literal["strict", "family", "grace"]
"""A refresh token works once. `family`: a second use kills all that came of the consent. `grace`: it is answered again."""


def refresh(world: World, kind: Kind, f: int, token: int) -> Iterator[tuple[str, Answer, World]]:
    """All that a refresh can come to: what happened, the answer, the world after it."""
    left = world.left
    if left.losses:
        unlucky = world._replace(left=left._replace(losses=left.losses - 1))
        answered, after = carry_out(unlucky, kind, f, token)
        if answered != "refused":
            yield "the reply is lost", "silence", after.put_family(f, after.families[f]._replace(gone=True))
        yield "the request is lost", "silence", unlucky
        yield "the request is slow", "silence", send_slowly(unlucky, f, token)
    if left.busy:
        yield "is told to come later", "busy", world._replace(left=left._replace(busy=left.busy - 1))
    answer, after = carry_out(world, kind, f, token)
    yield "is refused" if answer == "refused" else f"gets t{answer}", answer, after


def send_slowly(world: World, f: int, token: int) -> World:
    family = world.families[f]
    spent = token != family.live
    guilty = world._replace(sin="sent twice") if spent and family.live != DEAD and ours(world, f) else world
    return guilty.put_family(f, family._replace(underway=token, judged=spent))


def carry_out(world: World, kind: Kind, f: int, token: int) -> tuple[Answer, World]:
    """What the provider does with a refresh that reaches it."""
    family = world.families[f]
    if family.live == DEAD:
        return "refused", world
    if world.refusing:
        return "refused", world.put_family(f, family._replace(slandered=token))
    if token == family.live:
        return token + 1, world.put_family(f, family._replace(live=token + 1, gone=False))
    guilty = world._replace(sin="sent twice") if ours(world, f) else world
    if kind == "grace" and token == family.live - 1:
        return family.live, guilty.put_family(f, family._replace(gone=False))
    if kind == "family":
        return "refused", guilty.put_family(f, family._replace(live=DEAD))
    return "refused", guilty


def slow_request_arrives(world: World, kind: Kind) -> Iterator[tuple[str, World]]:
    for f, family in enumerate(world.families):
        if (token := family.underway) is not None:
            landed = world.put_family(f, family._replace(underway=None, judged=False))
            answer, after = carry_out(landed, kind, f, token)
            if family.judged:
                after = after._replace(sin=world.sin)
            if answer != "refused":
                after = after.put_family(f, after.families[f]._replace(gone=True))
            yield f"the slow t{token} arrives", after


def probe(world: World, f: int) -> Iterator[Answer]:
    """All that a look at the access token can come to."""
    dead = world.families[f].live == DEAD
    if dead or world.refusing:
        yield "refused"
    if not dead:
        yield "works"


def incident(world: World) -> Iterator[tuple[str, World]]:
    if world.refusing:
        yield "the provider is well again", world._replace(refusing=False)
    elif world.left.incidents:
        less = world.left._replace(incidents=world.left.incidents - 1)
        yield "the provider begins to refuse everybody", world._replace(refusing=True, left=less)


def person_withdraws(world: World) -> Iterator[tuple[str, World]]:
    if world.left.withdrawals:
        less = world._replace(left=world.left._replace(withdrawals=world.left.withdrawals - 1))
        dead = world.families[0]._replace(live=DEAD, withdrawn=True)
        yield "the person withdraws at the provider", less.put_family(0, dead)


def ours(world: World, f: int) -> bool:
    """Whether the family's live token is committed, or on its way there without an excuse for being late."""
    live = world.families[f].live
    if any(row.family == f and row.token == live for row in world.rows):
        return True
    if world.families[f].gone:
        return False
    held = any(
        w.answer == live and world.rows[w.row].family == f and not w.excused
        for w in world.workers
        if w.step == "answered" and not w.probes
    )
    kept = any(
        record.token == live and world.rows[record.row].family == f and not record.excused
        for journal in world.journals
        for record in journal
    )
    return held or kept
