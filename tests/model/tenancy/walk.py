"""A random walk of all tenants over HTTP. After each step everybody was told, and has, what they would alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from adapters.memory.clock import MemoryClock
from model.tenancy.tenants import NAMES, SERVICES, Person, Service, Stranger, settings_of_all
from model.tenancy.worlds import NOON, Ask, StepIds, StepNonces, Told, World


class Leak(AssertionError):
    """Somebody was told or has something else than they would alone."""


@dataclass
class Walk:
    """What is known so far, and the two ways to run a request."""

    chance: random.Random
    clock: MemoryClock
    together: World
    people: list[Person]
    services: list[Service]
    stranger: Stranger
    step: int = 0
    requests: int = 0
    deeds: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    """How often each method was answered with each status."""

    def by(self, person: Person, asked: Ask) -> Told:
        """A person asks; alone, whatever is another's is not there."""
        self.requests += 1
        return self._same(asked, person.alone.ask(asked, self.requests), person.owner)

    def by_other(self, other: Service | Stranger, asked: Ask, about: Person | None) -> Told:
        """Somebody else asks about a person. Only that person's application has something to tell or to change."""
        self.requests += 1
        alone = other.alone.ask(asked, self.requests)
        if about is not None and alone.status != 429:
            alone = about.alone.ask(asked, self.requests)
        return self._same(asked, alone, type(other).__name__)

    def let_time_pass(self, span: timedelta) -> None:
        self.requests += 1
        self.clock.advance(span)
        took = {world.let_time_pass(self.requests) for world in (self.together, *(person.alone for person in self.people))}
        if took != {timedelta(0)}:
            raise Leak(f"step {self.step}: somebody's turn took {took}")

    def compare(self) -> None:
        """Everybody has what they would have alone, and all together have no more."""
        for person in self.people:
            mine, alone = self.together.has_of(person.owner), person.alone.has_of(person.owner)
            if mine != alone:
                raise Leak(f"step {self.step}: {person.owner} has {mine}, and alone {alone}")
        sums = tuple(map(sum, zip(*(person.alone.totals() for person in self.people), strict=True)))
        if self.together.totals() != sums:
            raise Leak(f"step {self.step}: there is {self.together.totals()}, and alone {sums}")

    def _same(self, asked: Ask, alone: Told, who: str) -> Told:
        told = self.together.ask(asked, self.requests)
        self.told[f"{asked.method} {told.status}"] += 1
        assert told.status < 500, f"step {self.step}: {asked.method} {asked.path} was told {told}"
        if told != alone:
            raise Leak(f"step {self.step}: {who} asked {asked.method} {asked.path} and was told {told}, and alone {alone}")
        return told

    # what deeds need

    def person(self) -> Person:
        return self.chance.choice(self.people)

    def anybodys(self, of: Callable[[Person], list[str]], mine: Person) -> tuple[str, Person]:
        """An id or secret: of this person mostly, else of another, and whose it is."""
        whose = mine if self.chance.random() < 0.6 else self.person()
        known = of(whose)[-5:]
        return (self.chance.choice(known), whose) if known else (f"99999999-9999-4999-8999-{self.step:012d}", whose)

    def cookies(self, person: Person) -> tuple[str, ...]:
        return (person.session(self.clock.now()),)


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}


@contextmanager
def a_walk(seed: int, names: Sequence[str] = NAMES) -> Iterator[Walk]:
    """Everybody, with nothing connected yet."""
    settings, clock = settings_of_all(), MemoryClock(NOON)
    ids, nonces = StepIds(), StepNonces()
    with ExitStack() as on:

        def world() -> World:
            return World.opened(on, settings, clock, ids, nonces)

        together, people, of_nobody = world(), [Person(name, world()) for name in names], world()
        services = [Service(name, secret, of_nobody) for name, secret in SERVICES.items()]
        yield Walk(random.Random(seed), clock, together, people, services, Stranger(of_nobody))
