"""Histories of the mirror at random."""

import random
from collections import defaultdict

from model.mirror.choices import AS_WRITTEN, Choices
from model.mirror.scenarios import Scenario
from model.mirror.steps import steps
from model.search import Outcome

STEPS = 120
"""Of a history at random."""


def wander(scenario: Scenario, seed: int, choices: Choices = AS_WRITTEN) -> Outcome:
    """One history at random. Each kind of step is as likely as another, however many it concerns."""
    chance, world, labels = random.Random(seed), scenario.start(), list[str]()
    for _ in range(STEPS):
        kinds = defaultdict(list)
        for label, step in steps(world, choices):
            kinds[label.partition(":")[0]].append((label, step))
        label, step = chance.choice(kinds[chance.choice(sorted(kinds))])
        world = step()
        labels.append(label)
        if world.sin:
            return Outcome(len(labels), world.sin, tuple(labels))
    return Outcome(STEPS, history=tuple(labels), unused=frozenset(name for name, n in world.left._asdict().items() if n))
