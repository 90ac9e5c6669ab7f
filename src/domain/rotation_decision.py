"""What is done with a grant whose time has come: nothing, a refresh, a probe, or asking its person. Pure and total."""

from dataclasses import dataclass
from datetime import datetime

from domain.attempts_and_failures import Schedule
from domain.grant_health import Active, Degraded, Health, NeedsReauth
from domain.outcomes import Reason, Unavailable
from domain.refusal_repeats import Refusals
from domain.restored_grants import Restored
from domain.tokens import Expiring, LongTerm, Sealed, Tokens, access_ends_at

UNKNOWN_TIMES = 3
"""So often in a row a code that nobody knows answers a refresh, before a probe is asked whether a person must act."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing to do."""


@dataclass(frozen=True, slots=True)
class Rotate:
    """Spend the refresh token for a new pair."""

    pair: Expiring


@dataclass(frozen=True, slots=True)
class Probe:
    """Look whether the access token still works."""

    access: Sealed


@dataclass(frozen=True, slots=True)
class Reauthorise:
    """Declare that a person must authorise again; no call is needed to know."""

    reason: Reason


Decision = Keep | Rotate | Probe | Reauthorise


def decide(
    tokens: Tokens | None,
    health: Health,
    now: datetime,
    *,
    refusals: Refusals | None = None,
    probe_first: bool = False,
    insist: bool = False,
    probe: bool = False,
) -> Decision:
    """What to do with a grant whose time has come. `insist`: an operator wants a refused token tried now. `probe`: somebody says
    that the access token is dead. `probe_first`: a healthy pair is not tried before (`is_probed_first`).
    """
    match tokens, health:
        case None, _:
            return Keep()
        case (Expiring() | LongTerm()) as held, Active():
            return Probe(held.access) if probe_first else _ordinary(held)
        case (Expiring() | LongTerm()) as held, Degraded() | NeedsReauth() if insist:
            return _ordinary(held)
        case _, Degraded(usable_until=until, reason=reason) if now >= until:
            return Reauthorise(reason)
        case (Expiring() | LongTerm()) as held, Degraded() | NeedsReauth() if refusals is not None:
            return Probe(held.access) if probe or refusals.awaits_probe else _repeat(held, refusals, now)
        case _:
            return Keep()


def is_probed_first(schedule: Schedule, tokens: Tokens | None, now: datetime) -> bool:
    """Whether the access token is probed before the pair is tried: where the pair came with a backup, so that what a refusal
    leaves to serve is known; and where its access token ended under a code that nobody knows, which may mean anything.
    """
    lasts = isinstance(tokens, LongTerm) or (tokens is not None and now < tokens.access_expires_at)
    if schedule.restored is Restored.UNPROBED:
        return lasts
    failure = schedule.last_failure
    return not lasts and isinstance(failure, Unavailable) and failure.code is not None and failure.times >= UNKNOWN_TIMES


def _repeat(tokens: Tokens, refusals: Refusals, now: datetime) -> Decision:
    repeat_at = refusals.repeat_at(access_ends_at(tokens))
    is_time = not refusals.in_line or (repeat_at is not None and now >= repeat_at)
    return _ordinary(tokens) if is_time else Keep()


def _ordinary(tokens: Tokens) -> Rotate | Probe:
    return Rotate(tokens) if isinstance(tokens, Expiring) else Probe(tokens.access)
