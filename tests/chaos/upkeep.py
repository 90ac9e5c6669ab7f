"""What the upkeep thread of a long-lived process does beside everything else."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from application.rotation.outage_aware_claims import OutageAwareClaims
from support.world import World

TOUCH_EVERY = timedelta(seconds=2)


def in_touch(world: World) -> None:
    """Every other second: see that the database is there, and drain the journal."""
    cast("OutageAwareClaims", world.sweep_in_batches.claims).journal_upkeep()


def stay_in_touch(world: World, span: timedelta) -> None:
    """Let time pass as a process does that works."""
    until = world.clock.now() + span
    while (left := until - world.clock.now()) > timedelta(0):
        world.clock.advance(min(left, TOUCH_EVERY))
        in_touch(world)
