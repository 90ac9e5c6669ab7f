"""A random walk in the people's lane of the budget: whoever asks rarely waits for one call of each other person at most."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from adapters.budget import shared_budget
from adapters.budget.process_budget import ProcessBudget
from adapters.memory.clock import MemoryClock
from application.ports.budget import Lane
from domain.ids import AppId, OwnerId
from domain.pacing import Pace
from model.tenancy.walk import Leak

APP, QPS, WITHIN = AppId("app"), 10, timedelta(seconds=2)
APART = Pace.of(QPS).apart
PEOPLE = [OwnerId(name) for name in ("anna", "bert", "chloe", "dora", "eve")]


def go(seed: int, steps: int) -> None:
    """People ask for a call at random, one of them all the time. Raises Leak."""
    chance, clock = random.Random(seed), MemoryClock()
    budget = ProcessBudget(QPS, clock)
    ahead = dict.fromkeys(PEOPLE, timedelta(0))
    """Until when each is known to have a call ahead: a call that goes at once is one until the next slot."""
    for step in range(steps):
        now = clock.monotonic()
        person = PEOPLE[0] if chance.random() < 0.5 else chance.choice(PEOPLE)
        waiting = sum(at > now for other, at in ahead.items() if other != person)
        permits = budget.take(APP, 1, Lane.PEOPLE, within=WITHIN, person=person)
        if permits.count:
            ahead[person] = now + max(permits.wait, APART)
        if ahead[person] <= now and not permits.count:
            raise Leak(f"step {step}: {person} has no call ahead, and got none: {permits}")
        if permits.count and permits.wait > (waiting + 2) * APART:
            raise Leak(f"step {step}: {person} waits {permits.wait} for {waiting} others")
        clock.advance(APART * chance.choice((0, 0, 0, 1, 5)) * chance.random())


def share_one_turn(patch: pytest.MonkeyPatch) -> None:
    """Everybody has the same mark in the ledger."""
    patch.setattr(shared_budget, "mark_of", lambda _: "everybody")
