"""The refresh token's year: when its end is announced."""

from datetime import datetime, timedelta

ANNOUNCED_BEFORE = (60, 30, 14, 7, 1)
"""Days before its refresh token's end at which a grant's owner is told."""


def announced_days(refresh_expires_at: datetime, now: datetime) -> int | None:
    """Which announcement is due, in days before the end: the latest whose day has come, or None."""
    remaining = refresh_expires_at - now
    return min((days for days in ANNOUNCED_BEFORE if remaining <= timedelta(days=days)), default=None)
