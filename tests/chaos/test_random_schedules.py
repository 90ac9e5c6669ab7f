"""Random schedules of everything that people, hosts, the platform and the database do, over the real use-cases.

Short: some hundred schedules over memory and a few over SQLite, the same ones each time; a failure is shown as it was found, not
made small for minutes. `--long`: more than 10 000 steps, other ones each time; a failure prints what repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from chaos.accidents import MOMENTS, Kind, Moment
from chaos.real_processes import Chaos
from domain.consent import Choosing
from domain.ids import ConnectionId, OfferId, OwnerId
from domain.outcomes import Failure, InDoubt, Reason, Refused, Throttled, Unavailable
from support.databases import Kept, in_memory, in_sql
from support.world import ANNA, BERT, BROWSER, World

HOSTS, OWNERS, USERS = st.integers(0, 1), st.sampled_from([ANNA, BERT]), st.sampled_from(["ana", "chloe"])
SPANS = st.sampled_from([timedelta(seconds=s) for s in (1, 5, 31, 61, 600, 3600, 6 * 3600, 13 * 3600)])
OUTAGES = st.sampled_from([timedelta(seconds=s) for s in (1, 3, 20, 45, 300)])
KINDS = st.lists(st.sampled_from(["crash", "outage", "pause", "company", "disconnect", "reconnect"]), min_size=2, max_size=2)
FAULTS: list[Failure | str] = [
    "lost",
    Throttled(),
    Unavailable("no connection"),
    InDoubt("time-out"),
    Refused(Reason.REFRESH_TOKEN_REFUSED, 40107),
]


class Schedule(RuleBasedStateMachine):
    """The rules are what can happen; what must hold is in `Chaos.check`."""

    def __init__(self, opened: Callable[[], Kept]) -> None:
        super().__init__()
        self.opened = opened
        self.chaos: Chaos
        self.offers: list[tuple[OwnerId, OfferId]] = []

    @initialize(mode=st.sampled_from(["strict", "grace", "reuse-revokes-family"]), user=USERS)
    def begin(self, mode: str, user: str) -> None:
        self.chaos = Chaos(self.opened(), mode)
        self.chaos.do(0, lambda world: world.connect(user))

    # what people do

    @rule(host=HOSTS, owner=OWNERS, user=USERS, fewer=st.booleans())
    def consent(self, host: int, owner: OwnerId, user: str, fewer: bool) -> None:
        accounts = (0,) if fewer else ()
        ending = self.chaos.do(host, lambda world: world.consent(user, *accounts, owner=owner))
        if isinstance(ending, Choosing):
            self.offers.append((owner, ending.offer))

    @rule(host=HOSTS, owner=OWNERS, user=USERS)
    def consent_in_vain(self, host: int, owner: OwnerId, user: str) -> None:
        """The platform goes away before it gives any tokens."""
        self.chaos.platform.away = Unavailable("no connection")
        self.chaos.do(host, lambda world: world.consent(user, owner=owner))
        self.chaos.platform.away = None

    @rule(host=HOSTS, owner=OWNERS)
    def approve_none(self, host: int, owner: OwnerId) -> None:
        self.chaos.do(host, lambda w: w.complete(owner, BROWSER, state=w.state_of(owner), code=None))

    @precondition(lambda self: self.offers)
    @rule(host=HOSTS, some=st.integers(1, 15), cancel=st.booleans(), data=st.integers(0, 99))
    def choose(self, host: int, some: int, cancel: bool, data: int) -> None:
        owner, offer = self.offers[data % len(self.offers)]

        def chosen(world: World) -> object:
            if cancel:
                world.select.cancel(owner, offer)
                return None
            found = world.select.offered(owner, offer)
            wanted = [a.id for i, a in enumerate(found.selectable) if some >> i & 1]
            return world.select(owner, offer, wanted or [a.id for a in found.selectable])

        self.chaos.do(host, chosen)

    @rule(host=HOSTS, owner=OWNERS, which=st.integers(0, 9))
    def disconnect(self, host: int, owner: OwnerId, which: int) -> None:
        if connection := self._connection(owner, which):
            self.chaos.connected.pop(connection)
            if self.chaos.do(host, lambda world: world.disconnect(owner, connection)) is None:
                self._read_connected()

    @rule(host=HOSTS, owner=OWNERS, which=st.integers(0, 9), user=USERS)
    def reconnect(self, host: int, owner: OwnerId, which: int, user: str) -> None:
        """Guarded: the account of the connection must be reached."""
        if connection := self._connection(owner, which):
            self.chaos.do(host, lambda world: world.consent(user, owner=owner, reconnects=connection))

    @rule(host=HOSTS, owner=OWNERS, which=st.integers(0, 9))
    def click(self, host: int, owner: OwnerId, which: int) -> None:
        if connection := self._connection(owner, which):
            now = self.chaos.clock.now()
            self.chaos.do(host, lambda world: world.rotate(connection, owner=owner, asked_at=now))

    @rule(user=USERS)
    def withdraw(self, user: str) -> None:
        self.chaos.machine.revoke_user(user)

    # what services and workers do

    @rule(host=HOSTS, owner=OWNERS, which=st.integers(0, 9))
    def vend(self, host: int, owner: OwnerId, which: int) -> None:
        if connection := self._connection(owner, which):
            self.chaos.vend(host, connection)

    @rule(host=HOSTS, owner=OWNERS, which=st.integers(0, 9), fault=st.sampled_from(FAULTS))
    def vend_for_long(self, host: int, owner: OwnerId, which: int, fault: Failure | str) -> None:
        """A token that lives, and not for as long as it is wanted; and a renewal that fails."""
        self.chaos.clock.advance(timedelta(hours=17))
        self.platform_fault(fault)
        if connection := self._connection(owner, which):
            self.chaos.vend(host, connection, timedelta(hours=8))

    @rule(host=HOSTS)
    def sweep(self, host: int) -> None:
        self.chaos.do(host, lambda world: world.sweep(for_at_most=timedelta(minutes=5)))

    @rule(host=HOSTS)
    def wait_and_sweep(self, host: int) -> None:
        """A process that has been in touch for a while may take up what is in doubt."""
        self.chaos.pass_time(timedelta(seconds=20))
        self.chaos.do(host, lambda world: world.sweep(for_at_most=timedelta(minutes=5)))

    @rule(host=HOSTS)
    def housekeeping(self, host: int) -> None:
        self.chaos.do(host, lambda world: world.clear_offers())
        self.chaos.do(host, lambda world: world.revoke())
        self.chaos.do(host, lambda world: world.audit())

    # what goes wrong

    @rule(fault=st.sampled_from(FAULTS))
    def platform_fault(self, fault: Failure | str) -> None:
        self.chaos.platform.refresh_plan.append(fault)

    @rule(moments=st.lists(st.sampled_from(MOMENTS), min_size=1, max_size=2), kinds=KINDS, outage=OUTAGES, lost=st.booleans())
    def trouble(self, moments: list[Moment], kinds: list[Kind], outage: timedelta, lost: bool) -> None:
        troubles = self.chaos.troubles
        troubles.outage, troubles.pause, troubles.company = outage, self._pause, self._company
        troubles.disconnect, troubles.reconnect, troubles.hesitation = self._disconnect, self._reconnect, self._hesitation
        for moment, kind in zip(moments, kinds, strict=False):
            troubles.planned[moment].append(kind)
        if lost:
            self.chaos.platform.refresh_plan.append("lost")

    @rule(host=HOSTS, moments=st.lists(st.sampled_from(MOMENTS), min_size=1, max_size=2), kinds=KINDS, outage=OUTAGES)
    def trouble_in_a_sweep(self, host: int, moments: list[Moment], kinds: list[Kind], outage: timedelta) -> None:
        self.trouble(moments, kinds, outage, lost=False)
        self.chaos.clock.advance(timedelta(hours=12))
        self.wait_and_sweep(host)

    @rule(host=HOSTS, kinds=KINDS, outage=OUTAGES)
    def trouble_after_the_send(self, host: int, kinds: list[Kind], outage: timedelta) -> None:
        """The moment at which there is most to lose, more often than the others."""
        self.trouble_in_a_sweep(host, ["after send"], kinds, outage)

    @rule(host=HOSTS, first=HOSTS, outage=st.sampled_from([timedelta(seconds=45), timedelta(seconds=300)]))
    def outage_over_an_answer(self, host: int, first: int, outage: timedelta) -> None:
        """One host has the answer in its journal, and this one is the first to work after the outage."""
        self.trouble_after_the_send(host, ["outage"], outage)
        self.chaos.clock.advance(outage)
        self.sweep(first)

    @rule(host=HOSTS)
    def refusal_that_comes_late(self, host: int) -> None:
        """The other host renews meanwhile."""
        self.platform_fault(FAULTS[-1])
        self.trouble_after_the_send(host, ["pause"], timedelta(0))

    @rule(host=HOSTS)
    def doubt_that_is_given_back(self, host: int) -> None:
        """An answer is lost, and who would ask again has no time left to."""
        self.platform_fault("lost")
        self.trouble_in_a_sweep(host, [], [], timedelta(0))
        self.trouble(["after claim"], ["hesitation"], timedelta(0), lost=False)
        self.chaos.clock.advance(timedelta(hours=1))
        self.wait_and_sweep(host)

    @rule(host=HOSTS, owner=OWNERS, which=st.integers(0, 9), moment=st.sampled_from(MOMENTS), kinds=KINDS, outage=OUTAGES)
    def trouble_at_a_click(
        self, host: int, owner: OwnerId, which: int, moment: Moment, kinds: list[Kind], outage: timedelta
    ) -> None:
        self.trouble([moment], kinds, outage, lost=False)
        self.click(host, owner, which)

    @rule(host=HOSTS)
    def restart(self, host: int) -> None:
        self.chaos.start(self.chaos.hosts[host])

    @rule(span=SPANS)
    def jump(self, span: timedelta) -> None:
        self.chaos.clock.advance(span)

    @rule()
    def quiet_day(self) -> None:
        self.chaos.quiet_day()

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "chaos"):
            self.chaos.check()

    def teardown(self) -> None:
        if hasattr(self, "chaos"):
            try:
                self.chaos.quiet_day()
            finally:
                self.chaos.backend.close()

    def _connection(self, owner: OwnerId, which: int) -> ConnectionId | None:
        mine = sorted(c for c, (of, _) in self.chaos.connected.items() if of == owner)
        return mine[which % len(mine)] if mine else None

    def _read_connected(self) -> None:
        grants = self.chaos.backend.grants()
        self.chaos.connected = {c.id: (c.owner, c.advertiser.id) for g in grants for c in g.connections.values()}

    def _pause(self) -> None:
        """One host stands still, beyond its lease; the other one works on."""
        self.chaos.pause(timedelta(seconds=61))
        self._company()

    def _hesitation(self) -> None:
        self.chaos.pause(timedelta(seconds=25))

    def _company(self) -> None:
        other = 1 - self.chaos.platform.at_work
        self.chaos.do(other, lambda world: world.sweep(for_at_most=timedelta(seconds=1)))

    def _disconnect(self) -> None:
        self.disconnect(1 - self.chaos.platform.at_work, ANNA, 0)
        self.chaos.note_ends()

    def _reconnect(self) -> None:
        self.reconnect(1 - self.chaos.platform.at_work, ANNA, 0, "ana")
        self.chaos.note_ends()


@contextmanager
def on(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Callable[[], Kept]]:
    if kind == "memory":
        yield in_memory
        return
    template, count = request.getfixturevalue("migrated_file"), iter(range(1_000_000))
    yield lambda: in_sql(f"sqlite:///{copy(template, folder / f'{next(count)}.db')}")


SIZES = {"memory": (150, 30, 600, 50), "sqlite": (8, 15, 80, 40)}
"""Schedules and steps of each: short, then long."""


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_the_invariants_hold_under_any_schedule(kind: str, request: pytest.FixtureRequest, tmp_path: Path, *, long: bool) -> None:
    schedules, steps = SIZES[kind][2:] if long else SIZES[kind][:2]
    how: dict[str, Any] = {"max_examples": schedules, "stateful_step_count": steps, "derandomize": not long, "print_blob": True}
    how["phases"] = [Phase.generate, Phase.shrink] if long else [Phase.generate]
    every = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None, **how)
    with on(kind, request, tmp_path) as opened:
        made: Any = lambda: Schedule(opened)  # noqa: E731 -- its type would have to be a class
        run_state_machine_as_test(made, settings=every)
