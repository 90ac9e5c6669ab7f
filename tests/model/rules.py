"""What must hold. Most is asked whenever nobody is at work; what no step may do, the step itself says (`World.sin`)."""

from collections.abc import Callable

from model.provider import Kind
from model.world import DEAD, Chances, Row, World

RULES = {
    "sent twice": "No refresh token is sent again while the answer to it is committed, or on its way there without an excuse.",
    "budget": "No window sees more calls than its budget.",
    "revoked": "No revocation takes the token of another live grant, or of a callback, with it.",
    "kept": "A live token whose answer reached somebody who lives is stored, or in a journal.",
    "truthful": "A grant whose live token is in the database is degraded only while the provider itself refused that one.",
    "honest": "A refusal is called one only if the person withdrew or the provider was wrong; doubt, if something went wrong.",
    "asked": "Nobody is asked to authorise again before a second refusal, a doubt, or the access token's end.",
    "loud": "A spent token is not called healthy: an attempt without outcome, or a doubt, points at it.",
    "erased": "An erased grant has no tokens.",
    "forgotten": "A live token of a disconnected grant is queued for revocation.",
    "served": "A grant is superseded only by one that is stored.",
    "graced": "With a provider that repeats its answer, no death and no lost reply ends in a refusal.",
    "stuck": "No grant is left that is healthy, or has its live token, and that nobody may ever claim.",
}

TROUBLES = ("deaths", "losses", "dawdles", "pauses", "outages", "partitions")


def broken(world: World, kind: Kind, start: Chances) -> str | None:
    """The rule that this world breaks, if any."""
    if world.sin:
        return world.sin
    if any(w.at_work for w in world.workers):
        return None
    for row in world.rows:
        if row.health == "absent":
            continue
        if row.ended and row.token is not None:
            return "erased"
        if row.health in {"revoked", "superseded"}:
            if rule := buried(world, row):
                return rule
        elif rule := alive(world, row, kind, start):
            return rule
    return None


def buried(world: World, row: Row) -> str | None:
    if row.health == "superseded":
        return "served" if not world.consent and world.rows[1].health == "absent" else None
    family = world.families[row.family]
    pending = {*world.queue, *((world.rows[k.row].family, k.token) for j in world.journals for k in j)}
    ending = (row.family, family.live) in {*pending, world.announced, world.revoking}
    return None if family.live == DEAD or family.gone or ending else "forgotten"


def alive(world: World, row: Row, kind: Kind, start: Chances) -> str | None:
    family = world.families[row.family]
    current = row.token == family.live
    stored = any(other.family == row.family and other.token == family.live for other in world.rows)
    journalled = any(k.token == family.live and world.rows[k.row].family == row.family for j in world.journals for k in j)
    checks: dict[str, Callable[[], bool]] = {
        "graced": lambda: kind != "grace" or family.withdrawn or row.token == family.slandered or row.health == "active",
        "kept": lambda: stored or family.live == DEAD or family.gone or journalled,
        "truthful": lambda: row.health == "active" or not current or row.token == family.slandered,
        "honest": lambda: honest(row, world, start),
        "asked": lambda: not row.asked or row.refusals > 1 or row.outlived or row.reason == "in doubt",
        "loud": lambda: current or family.live == DEAD or journalled or row.doubtful or row.health != "active",
    }
    return next((rule for rule, holds in checks.items() if not holds()), None)


def honest(row: Row, world: World, start: Chances) -> bool:
    match row.reason:
        case "refused":
            family = world.families[row.family]
            return family.withdrawn or row.token == family.slandered
        case "in doubt":
            return any(getattr(world.left, trouble) < getattr(start, trouble) for trouble in TROUBLES)
        case _:
            return True
