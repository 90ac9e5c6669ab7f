"""A whole fleet in simulated time: the real rotation over adapters in memory, against a platform that notes every call."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Literal

from adapters.budget.process_budget import ProcessBudget
from adapters.tiktok_simulator.advertisers import Advertiser as SimulatedAdvertiser
from adapters.tiktok_simulator.config import Config
from adapters.tiktok_simulator.state import SimulatorState
from adapters.tiktok_simulator.token_state_machine import Machine
from application.ports.executor import Executor
from chaos.upkeep import in_touch
from domain.advertiser import Advertiser
from domain.allowance import REPEATS_AHEAD
from domain.errors import Refusal
from domain.events import Event, GrantDegraded, ReauthorisationRequired
from domain.grant import Grant
from domain.grant_health import Active
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from domain.outcomes import Failure, InDoubt, Issued, Reason, Refused, Unread
from domain.rotation_policy import RotationPolicy
from domain.seal_place import SealPlace
from domain.tokens import FIRST_VERSION, Secret, TokenKind, first_tokens
from support.simulator_as_ad_platform import SimulatorAsAdPlatform, issued
from support.world import CountedIds, SimulatedClock, World

SECOND = timedelta(seconds=1)
REFUSED = Refused(Reason.REFRESH_TOKEN_REFUSED, 40105)
HOUR, MINUTE, TOUCH_EVERY = 3600 * SECOND, 60 * SECOND, 2 * SECOND


class NotingPlatform(SimulatorAsAdPlatform):
    """The simulated platform, which also notes when calls came, and by how much too late a pair was renewed."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.wait: Callable[[timedelta], None] = lambda _: None
        """How a call that nobody answers is waited out."""
        self.calls: list[datetime] = []
        self.refreshed: Counter[int] = Counter()
        """Definite answers to refreshes, by the consent's number."""
        self.looked_at: Counter[int] = Counter()
        self.lapsed: list[tuple[datetime, timedelta]] = []
        """Ends of access tokens that were renewed only later, and how much later."""
        self.left_at_rotation: list[timedelta] = []
        """How long each access token would have lived on when its pair was renewed."""
        self.refuses: Literal["nothing", "refreshes", "everything"] = "nothing"
        """What an incident lets it refuse."""
        self.mistaken: set[int] = set()
        """Consents of which refreshes are refused, though nobody withdrew them."""
        self.refusals: defaultdict[str, list[datetime]] = defaultdict(list)
        """When each refresh token was refused."""

    def refresh(self, token: Secret, version: str = FIRST_VERSION) -> Issued | Unread | Failure:
        self._note()
        now, holder = self.machine.clock.now(), self.machine.holder(token.reveal())
        wrong = self.refuses != "nothing" or (holder is not None and holder.grant in self.mistaken)
        if self.away is None and not wrong and holder:
            self.refreshed[holder.grant] += 1
            family = self.machine.state.families[holder.grant]
            end = family.access_ends[family.generation]
            if not family.revoked:
                self.left_at_rotation.append(end - now)
            if end < now and not family.revoked:
                self.lapsed.append((end, now - end))
        answer = REFUSED if wrong else super().refresh(token, version)
        if isinstance(answer, Refused):
            self.refusals[token.reveal()].append(now)
        return answer

    def reach(self, access: Secret) -> tuple[Advertiser, ...] | Failure:
        self._note()
        if self.refuses == "everything":
            return REFUSED
        if self.away is None and (holder := self.machine.holder(access.reveal())):
            self.looked_at[holder.grant] += 1
        return super().reach(access)

    def _note(self) -> None:
        self.calls.append(self.machine.clock.now())
        if isinstance(self.away, InDoubt):
            self.wait(RotationPolicy().call_timeout)


@dataclass
class Fleet:
    """Many grants, one app, and sweeps. `calls_per_second` is the budget's, and the ratio of the two is what counts."""

    size: int
    calls_per_second: int
    policy: RotationPolicy = field(default_factory=RotationPolicy)
    access_token_seconds: int = 86_400
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    executor: Executor | None = None
    """By which calls of a batch are made; None: one after the other."""
    platform_of: Callable[[Machine], NotingPlatform] = NotingPlatform
    sweep_every: ClassVar[timedelta] = RotationPolicy().sweep_every

    def __post_init__(self) -> None:
        self.ids = CountedIds()
        config = Config(access_token_seconds=self.access_token_seconds)
        self.platform = self.platform_of(Machine(clock=self.clock, config=config, state=SimulatorState(seed="00" * 16)))
        self.machine = self.platform.machine
        budget = ProcessBudget(self.calls_per_second, self.clock)
        self.world = World(
            self.clock,
            policy=self.policy,
            ids=self.ids,
            given_platform=self.platform,
            given_budget=budget,
            given_executor=self.executor,
            calls_in_flight=8,
        )
        self.sealer, self.database = self.world.sealer, self.world.database
        self.consents: dict[GrantId, int] = {}
        """The platform's number of each grant's consent."""
        self.leavers: set[GrantId] = set()
        self.blamed: list[Event] = []
        """Events by which a grant that nobody left was called dead or dying."""
        self.platform.wait = self.wait

    # what happens

    def grow(self, over: timedelta) -> None:
        """Let people connect, evenly over this time, with sweeps all the while."""
        began, chance = self.clock.now(), random.Random(1)
        moments = sorted(began + over * chance.random() for _ in range(self.size))
        for number, moment in enumerate(moments):
            if (moment - began) // self.sweep_every > (self.clock.now() - began) // self.sweep_every:
                self.run(until=moment)
            self._connect(number)
        self.run(until=began + over)

    def add_dead(self, owner: str, count: int) -> list[ConnectionId]:
        """Let somebody here connect so many users of the platform, and withdraw every consent there at once."""
        connections = list[ConnectionId]()
        for number in range(len(self.consents), len(self.consents) + count):
            connections.append(self._connect(number, OwnerId(owner)))
            self._withdraw(next(reversed(self.consents)))
        return connections

    def _withdraw(self, grant: GrantId) -> None:
        self.leavers.add(grant)
        self.machine.revoke_user(self.machine.state.families[self.consents[grant]].user)

    def _connect(self, number: int, owner: OwnerId | None = None) -> ConnectionId:
        user, account = f"user-{number}", SimulatedAdvertiser(advertiser_id=str(number), name=f"Shop {number}")
        self.machine.set_accounts(user, [account])
        code = self.machine.grant_code(user, [account.advertiser_id])
        got, grant = issued(self.machine.exchange(self.platform.app, self.platform.secret, code)), GrantId(self.ids.new())
        assert got.refresh is not None
        place = SealPlace(owner or OwnerId(user), grant, 1)
        access, refresh = (
            self.sealer.seal(got.access, place, TokenKind.ACCESS),
            self.sealer.seal(got.refresh, place, TokenKind.REFRESH),
        )
        tokens = first_tokens(access, refresh, got.lifetimes, asked_at=self.clock.now())
        reached = Advertiser(AdvertiserId(account.advertiser_id), account.name)
        fingerprint = self.sealer.fingerprint(got.access)
        made = Grant.consented(grant, place.owner, self.platform.app, tokens, fingerprint, frozenset([reached.id]), self.policy)
        made.connect(ConnectionId(f"of {grant}"), reached, self.clock.now())
        self.database.rows.grants[grant] = made
        holder = self.machine.holder(got.access.reveal())
        assert holder is not None
        self.consents[grant] = holder.grant
        return ConnectionId(f"of {grant}")

    def leave(self, every: int) -> None:
        """Every so-many-th person withdraws the consent at the platform; from now on its answers are counted anew."""
        self.platform.refreshed.clear()
        self.platform.looked_at.clear()
        for grant, consent in self.consents.items():
            if consent % every == 0:
                self._withdraw(grant)

    def sweep_beside(self) -> None:
        """From now on another thread sweeps at its times, whoever waits for what."""
        sweep_at, sweeping = [self.clock.now()], list[bool]()

        def beside() -> None:
            if sweeping or self.clock.now() < sweep_at[0]:
                return
            sweeping.append(True)
            sweep_at[0] += self.sweep_every
            self.world.sweep(for_at_most=self.sweep_every)
            sweeping.clear()

        self.clock.on_sleep = beside

    def click(self, connection: ConnectionId) -> None:
        """Its owner asks for a refresh, whatever comes of it."""
        with suppress(Refusal):
            self.world.rotate(connection, owner=self.world.container.find_owner()(connection), asked_at=self.clock.now())

    def run(self, *, until: datetime) -> None:
        """Sweep now and then, up to this time."""
        while (now := self.clock.now()) < until:
            self.world.sweep(for_at_most=min(until - now, MINUTE))
            self._read_events()
            ticks = (self.clock.now() - now) // self.sweep_every + 1
            self.wait(min(now + ticks * self.sweep_every, until) - self.clock.now())

    def wait(self, span: timedelta) -> None:
        """Let time pass, in touch with the database as a worker is."""
        until = self.clock.now() + span
        while (left := until - self.clock.now()) > timedelta(0):
            self.clock.advance(min(left, TOUCH_EVERY))
            in_touch(self.world)
            self.clock.on_sleep()

    def run_for(self, span: timedelta) -> None:
        self.run(until=self.clock.now() + span)

    def _read_events(self) -> None:
        events = self.database.rows.events
        blaming = [e for e in events if isinstance(e, GrantDegraded | ReauthorisationRequired)]
        self.blamed += [e for e in blaming if e.grant not in self.leavers]
        events.clear()

    # what is looked at

    @property
    def others(self) -> Iterator[Grant]:
        """The grants of those who did not leave."""
        return (g for g in self.database.rows.grants.values() if g.id not in self.leavers)

    def expired(self) -> int:
        """Access tokens that have ended, of those who did not leave."""
        now = self.clock.now()
        return sum(self.machine.state.families[self.consents[g.id]].expired(g.generation, now) for g in self.others)

    def assert_within_budget(self) -> None:
        """No second, and no minute, wherever it begins, saw more calls than it may."""
        for window, most in (SECOND, self.calls_per_second), (60 * SECOND, 60 * self.calls_per_second):
            calls = self.platform.calls
            closest = min((late - early for early, late in zip(calls, calls[most:], strict=False)), default=window)
            assert closest >= window, f"{most + 1} calls within {closest}"
        assert all(early <= late for early, late in pairwise(self.platform.calls))

    def assert_repeats_are_bounded(self) -> None:
        """No refused token was sent twice a minute, and in no hour did repeats use more than a tenth of the budget."""
        for times in self.platform.refusals.values():
            assert all(late - early >= MINUTE for early, late in pairwise(times))
        repeats = sorted(time for times in self.platform.refusals.values() for time in times[1:])
        most = int((HOUR + REPEATS_AHEAD) / SECOND * self.calls_per_second / 10)
        assert all(late - early >= HOUR for early, late in zip(repeats, repeats[most:], strict=False))

    def assert_nobody_else_is_harmed(self) -> None:
        """Everybody who did not leave has a working pair, and was never told otherwise; nothing was sent twice."""
        assert not self.blamed
        self.assert_all_are_active()

    def assert_all_are_active(self) -> None:
        assert all(isinstance(g.health, Active) for g in self.others)
        families = self.machine.state.families
        assert all(families[self.consents[g.id]].generation == g.generation for g in self.others)
        assert self.machine.state.counters.reuses == 0
        assert self.expired() == 0
