"""The schedule, as data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

SWEEP = "sweep"
AUDIT = "audit"

AUDIT_EVERY = timedelta(hours=12)
"""Long-term tokens are probed twice a day: nothing else shows whether they were withdrawn."""

CLOCKS_APART = timedelta(minutes=2)
"""The least that a message is good for: its end is set by beat's clock and read by the worker's. One sweep too many is free."""


def schedule_of(sweep_every: timedelta) -> dict[str, dict[str, Any]]:
    """What beat sends and when. A message that nobody took until the next one is sent has expired, if the clocks agree."""
    return {name: entry(name, every) for name, every in ((SWEEP, sweep_every), (AUDIT, AUDIT_EVERY))}


def entry(task: str, every: timedelta) -> dict[str, Any]:
    """One line of the schedule."""
    return {"task": task, "schedule": every, "options": {"expires": max(every, CLOCKS_APART).total_seconds()}}
