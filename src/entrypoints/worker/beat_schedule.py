"""What beat sends and when, as data."""

from datetime import timedelta
from typing import Any

SWEEP = "sweep"
AUDIT = "audit"
IMPORT = "import"
DELIVER = "deliver"

IMPORT_QUEUE = "tiktok-connect-import"
"""Imports of spend have a queue of their own: a worker may take them alone, or leave them to others."""

WEBHOOK_QUEUE = "tiktok-connect-webhooks"
"""Deliveries too: however slow the receiver is, it takes up no worker that others need."""

DELIVER_EVERY = timedelta(seconds=10)

AUDIT_EVERY = timedelta(hours=12)
"""Long-term tokens are probed twice a day: nothing else shows whether they were withdrawn."""

CLOCKS_APART = timedelta(minutes=2)
"""The least that a message is good for: its end is set by beat's clock and read by the worker's. One sweep too many is free."""

CONFIRMED_WITHIN = timedelta(seconds=10)
"""How long a broker may take to confirm a message (AMQP's word; the others answer at once)."""


def schedule_of(
    sweep_every: timedelta, *, import_every: timedelta | None = None, delivers: bool = False
) -> dict[str, dict[str, Any]]:
    """What beat sends and when; None: no imports. `delivers`: whether there is a receiver of webhooks.

    A message that nobody took until the next one is sent has expired, if the clocks agree.
    """
    schedule = {name: entry(name, every) for name, every in ((SWEEP, sweep_every), (AUDIT, AUDIT_EVERY))}
    if import_every is not None:
        schedule[IMPORT] = entry(IMPORT, import_every)
        schedule[IMPORT]["options"]["queue"] = IMPORT_QUEUE
    if delivers:
        schedule[DELIVER] = entry(DELIVER, DELIVER_EVERY)
        schedule[DELIVER]["options"]["queue"] = WEBHOOK_QUEUE
    return schedule


def entry(task: str, every: timedelta) -> dict[str, Any]:
    """One line of the schedule."""
    return {"task": task, "schedule": every, "options": options(every)}


def options(every: timedelta) -> dict[str, Any]:
    """How such a message is sent: with an end, and not without the broker's confirmation."""
    return {
        "expires": max(every, CLOCKS_APART).total_seconds(),
        "confirm_timeout": CONFIRMED_WITHIN.total_seconds(),
    }
