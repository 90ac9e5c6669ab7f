"""What the protocol is put through. Each scenario mixes a few kinds of misfortune, as many as a search can finish in seconds."""

from dataclasses import dataclass

from model.choices import AS_WRITTEN, Protocol
from model.people import NOT_YET
from model.provider import Kind
from model.rules import broken
from model.search import Outcome, breadth_first
from model.steps import steps, stuck
from model.world import Chances, Family, Row, Worker, World


@dataclass(frozen=True, slots=True)
class Scenario:
    """What may happen, and how often. `hosts`: where each process runs; `budget`: calls a window."""

    chances: Chances
    kind: Kind = "strict"
    hosts: tuple[int, ...] = (0, 1)
    budget: int | None = None

    def start(self, protocol: Protocol) -> World:
        rows = (Row(),) if protocol.one_grant_holds_the_pair else (Row(), Row())
        families: tuple[Family, ...] = (Family(),)
        if self.chances.consents:
            rows, families = (*rows, NOT_YET), (*families, Family(gone=True))
        return World(tuple(map(Worker, self.hosts)), self.chances, rows, families, permits=self.budget)


def search(scenario: Scenario, protocol: Protocol = AS_WRITTEN) -> Outcome:
    """Look at every world that can come about in a scenario, until a rule is broken."""
    return breadth_first(
        scenario.start(protocol),
        lambda world: steps(world, protocol, scenario.kind, scenario.budget),
        lambda world: broken(world, scenario.kind, scenario.chances),
        stuck,
    )


SCENARIOS = {
    "crashes": Scenario(Chances(claims=4, deaths=1, losses=1, pauses=1, dawdles=1, withdrawals=1)),
    "long pauses": Scenario(Chances(claims=4, deaths=1, busy=1, pauses=3), hosts=(0, 1, 1)),
    "late again and again": Scenario(Chances(claims=4, losses=1, pauses=2, dawdles=2, withdrawals=1)),
    "family revocation": Scenario(Chances(claims=4, deaths=1, losses=2, busy=1, dawdles=2, withdrawals=1), kind="family"),
    "family revocation, three processes": Scenario(Chances(claims=4, losses=1, dawdles=3), kind="family", hosts=(0, 0, 1)),
    "family revocation, pauses": Scenario(Chances(claims=4, deaths=1, pauses=1, dawdles=1), kind="family"),
    "grace": Scenario(Chances(claims=5, deaths=2, losses=2, dawdles=1), kind="grace"),
    "grace and outages": Scenario(Chances(claims=4, deaths=1, losses=1, outages=1, dawdles=1), kind="grace"),
    "outages": Scenario(Chances(claims=4, deaths=1, losses=1, outages=2)),
    "outages under family revocation": Scenario(Chances(claims=4, deaths=1, outages=2, dawdles=1), kind="family"),
    "outages, three processes": Scenario(Chances(claims=3, outages=2, dawdles=1), kind="family", hosts=(0, 0, 1)),
    "one process cut off": Scenario(Chances(claims=3, deaths=1, outages=1, partitions=1)),
    "cut off and paused": Scenario(Chances(claims=4, pauses=1, partitions=2)),
    "SIGTERM": Scenario(Chances(claims=3, losses=1, outages=1, stops=2), kind="family"),
    "SIGTERM and pauses": Scenario(Chances(claims=4, pauses=1, dawdles=1, stops=2)),
    "budget": Scenario(Chances(claims=4, outages=1, dawdles=1, withdrawals=1), budget=1, hosts=(0, 1, 1)),
    "budget of two": Scenario(Chances(claims=4, dawdles=2, losses=1), budget=2, hosts=(0, 0, 1)),
    "incidents": Scenario(Chances(claims=5, incidents=2, losses=1)),
    "incidents and deaths": Scenario(Chances(claims=4, incidents=1, deaths=1, dawdles=1, withdrawals=1)),
    "incidents and outages": Scenario(Chances(claims=4, incidents=1, outages=1), kind="family"),
    "incidents with a grace period": Scenario(Chances(claims=5, incidents=1, losses=1), kind="grace"),
    "disconnect": Scenario(Chances(claims=3, deaths=1, losses=1, pauses=1, disconnects=1)),
    "disconnect and outage": Scenario(Chances(claims=2, deaths=1, outages=1, disconnects=1)),
    "reconnect": Scenario(Chances(claims=3, deaths=1, consents=1)),
    "reconnect and outage": Scenario(Chances(claims=2, outages=1, consents=1)),
    "disconnect and connect again": Scenario(Chances(claims=2, deaths=1, disconnects=2, consents=1)),
}
