"""At what moment of its life a token is due, how a fleet's moments are spread, and what a coarse caller has done earlier."""

import zlib
from datetime import datetime, timedelta

from domain.ids import GrantId
from domain.rotation_policy import RotationPolicy
from domain.tokens import Expiring, LongTerm, Tokens

CALLS_MISSED = 2
"""How many further calls of a coarse schedule may fail before a token is in danger."""


def due_at(policy: RotationPolicy, tokens: Tokens, grant: GrantId) -> datetime:
    """When these tokens are to be renewed (expiring) or looked at (long-term)."""
    if isinstance(tokens, LongTerm):
        return probe_due_at(policy, grant, tokens.issued_at)
    if policy.too_short(tokens.life):
        return tokens.issued_at
    return tokens.issued_at + tokens.life * (policy.rotate_at - policy.spread * share_of(grant))


def probe_due_at(policy: RotationPolicy, grant: GrantId, probed_at: datetime) -> datetime:
    """When a long-term token that was looked at is to be looked at again."""
    return probed_at + policy.probe_every * (1 - policy.spread * share_of(grant))


def share_of(grant: GrantId, salt: str = "") -> float:
    """A number in [0, 1) that is the same for a grant always and everywhere."""
    return zlib.crc32(f"{grant}{salt}".encode()) / 0x1_0000_0000


def urgent_at(tokens: Expiring) -> datetime:
    """An hour before the access token's end, or a twenty-fourth of its life if that is less."""
    return tokens.access_expires_at - min(timedelta(hours=1), tokens.life / 24)


def due_early_within(called_every: timedelta) -> timedelta:
    """How soon the last hour of a token may begin for it to be due now, though its time has not come: the door of the cron
    is called this seldom.
    """
    return called_every * CALLS_MISSED
