"""How a refused grant stands: served on for a while, its person asked or not, and when somebody looks at it again."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.attempts_and_failures import Schedule
from domain.grant_health import Degraded, Health, NeedsReauth
from domain.outcomes import Reason
from domain.refusal_repeats import Refusals
from domain.restored_grants import Restored
from domain.tokens import LongTerm, Tokens, access_ends_at

LONG_TERM_SERVED_FOR = timedelta(days=1)
"""How long a refused token without an end is served: it has no other end."""


class Judgement(NamedTuple):
    """How a refused grant stands, and when somebody looks at it again."""

    health: Health
    schedule: Schedule


def is_asked(health: Health) -> bool:
    """Whether a person is asked to authorise again."""
    return isinstance(health, NeedsReauth) or (isinstance(health, Degraded) and health.believed)


def refused_for(health: Health) -> Reason | None:
    """What a grant was refused for, if it was."""
    return health.reason if isinstance(health, Degraded | NeedsReauth) else None


def after_refusal(
    health: Health, tokens: Tokens | None, settled: Schedule, reason: Reason, now: datetime, *, credible: bool
) -> Judgement:
    """After one more refusal. `credible`: others' answers say that a second one is the doing of this grant's user alone."""
    if settled.restored:
        return judgement(health, tokens, replace(settled, failures=0), Reason.RESTORED_BACKUP, now, believed=True)
    was, in_doubt = settled.refusals, settled.in_doubt
    refusals = was.again(now) if was else Refusals(now, now)
    if isinstance(tokens, LongTerm):
        refusals, in_doubt = refusals.probed(works=False), False
    believed = in_doubt or (was is not None and credible and was.may_be_believed(now))
    reason = Reason.ROTATION_IN_DOUBT if in_doubt else refused_for(health) or reason
    return judgement(health, tokens, replace(settled, refusals=refusals, failures=0), reason, now, believed=believed)


def judgement(
    health: Health,
    tokens: Tokens | None,
    settled: Schedule,
    reason: Reason,
    now: datetime,
    *,
    believed: bool = False,
    lapsed: bool = False,
) -> Judgement:
    """How it stands by the refusals that there are. `lapsed`: the last token that could be served has ended.

    What a backup holds was dead before it was sent: it has no `refusals`, and is not sent again.
    """
    refusals, ends = settled.refusals, access_ends_at(tokens)
    served_until = ends or (refusals.first_at + LONG_TERM_SERVED_FOR if refusals else now)
    if lapsed or now >= served_until:
        served_until, refusals = now, refusals and refusals.probed(works=False)
    dead = refusals.access_works is False if refusals else settled.restored is Restored.ACCESS_DEAD
    health = judged(health, reason, served_until, now, believed=believed, dead=dead)
    times = [refusals.repeat_at(ends)] if refusals else []
    if isinstance(health, Degraded):
        times.append(now if refusals and refusals.awaits_probe else served_until)
    return Judgement(health, replace(settled, refusals=refusals, due_at=min((at for at in times if at), default=None)))


def judged(was: Health, reason: Reason, served_until: datetime, now: datetime, *, believed: bool, dead: bool) -> Health:
    """How a refused grant stands. Who was asked stays asked; without a token to serve everybody is. `dead`: so the probe says."""
    asked = believed or is_asked(was)
    if now >= served_until or (asked and dead):
        return NeedsReauth(reason, since=was.since if isinstance(was, NeedsReauth) else now)
    return Degraded(served_until, reason, asked)
