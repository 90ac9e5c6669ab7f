"""What becomes of a refresh token that is used: once it is rotated, a second time it is refused, repeated or ends its family."""

from datetime import datetime
from enum import Enum, auto

from .config import Config
from .token_family import Family


class RefreshTokenUse(Enum):
    """What a use of a refresh token comes to."""

    ROTATES = auto()
    REPEATS = auto()
    """Spent, but still in its grace period: the newest pair is given again."""
    IS_REFUSED = auto()
    HAS_EXPIRED = auto()
    IS_REUSE = auto()
    """Spent, and refused."""
    ENDS_THE_FAMILY = auto()
    """Spent, and everything from the same consent ends with it."""


def use_of(family: Family, generation: int, now: datetime, config: Config) -> RefreshTokenUse:
    """What a use of the family's refresh token of this generation comes to; `Config.rotation_mode` tells of a second use."""
    if in_grace(family, generation, now, config):
        return RefreshTokenUse.REPEATS
    if generation != family.generation:
        ends = config.rotation_mode == "reuse-revokes-family" and not family.revoked
        return RefreshTokenUse.ENDS_THE_FAMILY if ends else RefreshTokenUse.IS_REUSE
    if family.revoked:
        return RefreshTokenUse.IS_REFUSED
    return RefreshTokenUse.ROTATES if family.rotatable(now) else RefreshTokenUse.HAS_EXPIRED


def in_grace(family: Family, generation: int, now: datetime, config: Config) -> bool:
    """Whether the refresh token of this generation is spent, but still in its grace period."""
    if config.rotation_mode != "grace" or family.revoked or family.rotated_at is None:
        return False
    return generation == family.generation - 1 and now - family.rotated_at < config.grace
