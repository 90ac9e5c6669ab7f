"""Pauses that double with each failure in a row."""

from __future__ import annotations

from datetime import timedelta

MOST_DOUBLINGS = 20
"""More would pass any longest pause, and the number would grow without end."""


def doubled(first: timedelta, failures: int, *, longest: timedelta) -> timedelta:
    """The pause after so many failures in a row, from 1 on: `first`, then twice that each time, up to the longest."""
    return min(first * (1 << min(max(failures - 1, 0), MOST_DOUBLINGS)), longest)
