"""Two hosts, one database, one platform and every trouble there is; and what must hold whatever happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar, cast

from adapters.tiktok_simulator.config import Config
from adapters.tiktok_simulator.state import SimulatorState
from adapters.tiktok_simulator.token_family import Family
from adapters.tiktok_simulator.token_minting import Mint, Minted
from adapters.tiktok_simulator.token_state_machine import Machine
from application.ports.claims_and_settlements import Settlement
from application.ports.journal import KeptAnswer
from application.ports.store_of_all_owners import StoreOfAllOwners
from application.vend_token import ByConnection, Vended
from chaos.accidents import Crash, TroubledClaims, TroubledJournal, TroubledStore, Troubles
from chaos.upkeep import in_touch
from domain.advertiser import Connection
from domain.errors import PlatformUnavailable, Refusal
from domain.events import RevocationGivenUp, TokenRevoked
from domain.grant import Grant
from domain.grant_health import Active, Degraded, NeedsReauth, Revoked
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from domain.outcomes import Failure, InDoubt, Issued, Reason, Refused, Unread
from domain.seal_place import SealPlace
from domain.tokens import FIRST_VERSION, Expiring, Secret, TokenKind
from support.databases import Kept
from support.simulator_as_ad_platform import SimulatorAsAdPlatform as Platform
from support.simulator_as_ad_platform import failure_of, issued
from support.world import World

T = TypeVar("T")
SEED = "00" * 16
TOUCH_EVERY = timedelta(seconds=2)


class TroubledPlatform(Platform):
    """The simulated platform, with a moment for trouble between an answer and its arrival. It remembers what went wrong."""

    def __init__(self, machine: Machine, troubles: Troubles) -> None:
        super().__init__(machine)
        self.troubles = troubles
        self.at_work = 0
        """Which host is calling."""
        self.in_hand: dict[int, int] = {}
        """The consent whose answer each host holds and has not stored."""
        self.excuses: defaultdict[int, set[str]] = defaultdict(set)
        """Why a consent's newest pair may be nowhere, or its spent token sent again."""
        self.excused: Callable[[int], bool] = lambda _: False
        """Whether a host that is down has the answer in its journal."""
        self.sent_twice: list[int] = []
        self.refused: set[tuple[int, int]] = set()
        """Consents and generations of which a living token was refused."""

    def refresh(self, token: Secret, version: str = FIRST_VERSION) -> Issued | Unread | Failure:
        host = self.at_work
        planned = self.refresh_plan.popleft() if self.refresh_plan else None
        holder, reuses = self.machine.holder(token.reveal()), self.machine.state.counters.reuses
        minted = Mint(bytes.fromhex(SEED)).read(token.reveal())
        assert holder is not None
        assert minted is not None
        if not (planned is None or isinstance(planned, str)):
            if isinstance(planned, Refused):
                self.excuses[holder.grant].add("refused once")
                self.refused.add((holder.grant, minted.generation))
            self.troubles.at("after send")
            return planned
        self.refreshes += 1
        reply = self.machine.refresh(self.app, self.secret, token.reveal())
        if self.machine.state.counters.reuses > reuses and not self.excuses[holder.grant] and not self.excused(holder.grant):
            self.sent_twice.append(holder.grant)
        if reply["code"] == 0:
            self.in_hand[host] = holder.grant
        self.troubles.at("after send")
        if planned == "lost":
            if self.in_hand.pop(host, None) is not None:
                self.excuses[holder.grant].add("lost reply")
            return InDoubt("the answer was lost")
        return issued(reply) if reply["code"] == 0 else failure_of(reply["code"])


@dataclass
class Host:
    """A machine with a journal of its own, and the process on it, if one lives."""

    number: int
    journal: TroubledJournal
    process: World | None = None


@dataclass
class Chaos:
    """The whole stage. `do` runs something in a host's process, which may die of it."""

    backend: Kept
    mode: str
    connected: dict[ConnectionId, tuple[OwnerId, AdvertiserId]] = field(default_factory=dict)
    """What people connected and did not disconnect."""
    known: dict[ConnectionId, tuple[OwnerId, AdvertiserId]] = field(default_factory=dict)
    consents: dict[GrantId, int] = field(default_factory=dict)
    """The platform's number of each grant's consent."""
    generations: dict[GrantId, int] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    ended: set[GrantId] = field(default_factory=set)
    """Grants that were erased at any time."""

    def __post_init__(self) -> None:
        clock = self.clock = self.backend.clock
        self.troubles = Troubles(clock)
        config = Config().but(rotation_mode=self.mode)
        self.machine = Machine(clock=clock, config=config, state=SimulatorState(seed=SEED))
        self.platform = TroubledPlatform(self.machine, self.troubles)
        self.platform.excused = lambda consent: any(self._keeps(host, consent) for host in self.hosts if host.process is None)
        self.store = cast("StoreOfAllOwners", TroubledStore(self.backend.store, self.troubles))
        self.claims = TroubledClaims(self.backend.claims, self.troubles, self._settled)
        self.calm = World(clock, config, store=self.backend.store, claims=self.backend.claims, given_platform=self.platform)
        """A look at everything that no trouble touches."""
        self.hosts = [Host(number, TroubledJournal(f"host-{number}", self.troubles)) for number in (0, 1)]
        for host in self.hosts:
            self.start(host)

    # processes

    def start(self, host: Host) -> None:
        """A new process with the same database and journal."""
        host.process = World(
            self.clock,
            self.machine.config,
            store=self.store,
            claims=self.claims,
            ids=self.backend.ids,
            given_platform=self.platform,
            given_journal=host.journal,
            given_tallies=self.backend.tallies,
            given_fleet=self.backend.fleet,
            nonces=self.calm.nonces,
        )
        host.process.contact.lost()
        self.do(host.number, in_touch)

    def do(self, number: int, what: Callable[[World], T]) -> T | None:
        """What it came to; None where it was refused, or the process died of it (or was dead, or in the middle of something)."""
        host, before = self.hosts[number], self.platform.at_work
        if host.process is None or number in self.busy:
            return None
        self.busy.add(number)
        self.platform.at_work = number
        try:
            return what(host.process)
        except Refusal:
            return None
        except Crash:
            host.process = None
            consent = self.platform.in_hand.get(number)
            if consent is not None and not self._keeps(host, consent):
                self.platform.excuses[consent].add("crash")
            return None
        finally:
            self.busy.discard(number)
            self.platform.in_hand.pop(number, None)
            self.platform.at_work = before

    def pass_time(self, span: timedelta, *, but: int | None = None) -> None:
        """Processes that live stay in touch with the database meanwhile, `but` for one that stands still."""
        until = self.clock.now() + span
        while (left := until - self.clock.now()) > timedelta(0):
            self.clock.advance(min(left, TOUCH_EVERY))
            for host in self.hosts:
                if host.number != but:
                    self.do(host.number, in_touch)

    def pause(self, span: timedelta) -> None:
        """The process at work stands still, beyond its lease and everybody's patience with its journal."""
        host = self.hosts[self.platform.at_work]
        for consent in self.machine.state.families:
            if self.platform.in_hand.get(host.number) == consent or self._keeps(host, consent):
                self.platform.excuses[consent].add("pause")
        self.pass_time(span, but=self.platform.at_work)

    def _settled(self, settlement: Settlement) -> None:
        if settlement in {Settlement.STORED, Settlement.OVERTAKEN}:
            self.platform.in_hand.pop(self.platform.at_work, None)

    # what is where

    def consent_of(self, grant: Grant) -> Family | None:
        """The platform's side of the grant, as long as it ever had tokens that were looked at."""
        if minted := self.minted(grant, grant.tokens):
            self.consents[grant.id] = minted.family
        number = self.consents.get(grant.id)
        return None if number is None else self.machine.state.families[number]

    def minted(self, grant: Grant, tokens: object) -> Minted | None:
        """What the sealed refresh token says to the platform."""
        if not isinstance(tokens, Expiring):
            return None
        opened = self.calm.sealer.open(tokens.refresh, grant.place, TokenKind.REFRESH)
        return Mint(bytes.fromhex(SEED)).read(opened.reveal())

    def _keeps(self, host: Host, consent: int) -> bool:
        """Whether the host's journal has the newest pair of this consent."""
        family = self.machine.state.families[consent]
        mint = Mint(bytes.fromhex(SEED))
        opened = (self.calm.sealer.open(a.tokens.refresh, self._place_of(a), TokenKind.REFRESH) for a in host.journal.kept())
        kept = [mint.read(token.reveal()) for token in opened]
        return any(k is not None and (k.family, k.generation) == (consent, family.generation) for k in kept)

    def _place_of(self, answer: KeptAnswer) -> SealPlace:
        """What a kept pair is sealed for: the generation that it will have."""
        return replace(self.calm.grant(answer.grant).place, generation=answer.generation + 1)

    def journalled(self, consent: int) -> bool:
        return any(self._keeps(host, consent) for host in self.hosts)

    # what must hold

    def check(self) -> None:
        """Everything, between two steps."""
        grants = self.backend.grants()
        facts, queued = self.backend.facts(), self.backend.queued()
        assert not self.platform.sent_twice, "a refresh token was sent twice without an excuse"
        for grant in grants:
            assert grant.generation >= self.generations.get(grant.id, 0), "a generation went back"
            self.generations[grant.id] = grant.generation
            family = self.consent_of(grant)
            if grant.id in self.ended or grant.erased:
                self.ended.add(grant.id)
                assert grant.tokens is None, "an erased grant has tokens"
                assert not grant.connections, "an account is left under an erased grant"
                dealt_with = any(isinstance(fact, TokenRevoked | RevocationGivenUp) and fact.grant == grant.id for fact in facts)
                if isinstance(grant.health, Revoked) and family is not None and not dealt_with:
                    self._check_not_forgotten(grant, family, queued)
            elif family is not None and not family.revoked:
                self._check_kept(grant, family)
            if not grant.erased:
                self._check_shown(grant)
        self._check_connections([c for grant in grants for c in grant.connections.values()])

    def note_ends(self) -> None:
        """Remember which grants are erased now, in the middle of a step."""
        self.ended.update(grant.id for grant in self.backend.grants() if grant.erased)

    def _check_not_forgotten(self, grant: Grant, family: Family, queued: set[GrantId]) -> None:
        excused = self.platform.excuses[family.id] or self.journalled(family.id)
        assert family.revoked or grant.id in queued or excused, "a live token was forgotten"

    def _check_shown(self, grant: Grant) -> None:
        refused = grant.schedule.refusals is not None
        assert refused is isinstance(grant.health, Degraded | NeedsReauth), "a refused grant is shown well, or a well one refused"

    def _check_kept(self, grant: Grant, family: Family) -> None:
        minted, excuses = self.minted(grant, grant.tokens), self.platform.excuses[family.id]
        assert minted is not None
        if minted.generation == family.generation:
            if isinstance(grant.health, Active) and not grant.schedule.in_doubt and grant.schedule.attempt is None:
                excuses.clear()
            honest = isinstance(grant.health, Active) or (family.id, minted.generation) in self.platform.refused
            assert honest, f"the database has the live token and calls it {grant.health}"
            return
        if self.journalled(family.id):
            return
        assert excuses & {"lost reply", "crash"}, "the live pair is nowhere"
        doubtful = grant.schedule.in_doubt or grant.schedule.attempt is not None
        assert doubtful or not isinstance(grant.health, Active), "a spent token is called healthy"
        if isinstance(grant.health, Degraded | NeedsReauth):
            told = grant.health.reason is Reason.ROTATION_IN_DOUBT or "refused once" in excuses
            assert told, f"a lost answer is called {grant.health.reason}"

    def _check_connections(self, connections: list[Connection]) -> None:
        places = [(c.owner, c.advertiser.id) for c in connections]
        assert len(places) == len(set(places)), "an account is connected twice"
        now = {c.id: (c.owner, c.advertiser.id) for c in connections}
        for connection, place in now.items():
            assert self.known.setdefault(connection, place) == place, "a connection's id went to another account"
        assert not self.connected.keys() - now.keys(), "a connection was lost"
        self.connected = now

    def vend(self, number: int, connection: ConnectionId, min_validity: timedelta | None = None) -> None:
        """A token that is handed out as good is good, unless its consent was withdrawn, or died of a token sent twice; and none
        that lives is withheld.
        """
        [held] = [grant.tokens for grant in self.backend.grants() if connection in grant.connections]

        def vend(world: World) -> object:
            try:
                return world.vend(ByConnection(connection), min_validity=min_validity)
            except PlatformUnavailable:
                lives = isinstance(held, Expiring) and held.access_expires_at > self.clock.now()
                assert not lives, "a token was withheld that lives"
                raise

        vended = self.do(number, vend)
        if isinstance(vended, Vended) and not vended.degraded:
            holder = self.machine.holder(vended.access.reveal())
            assert holder is not None
            gone = self.machine.state.families[holder.grant].revoked
            assert gone or self.machine.is_live(vended.access.reveal()), "a dead token was handed out as a good one"

    def quiet_day(self) -> None:
        """Troubles end and a day passes: then everything is renewed, or asks for a person, and nothing is left lying about."""
        self.troubles.end()
        self.platform.refresh_plan.clear()
        began = self.clock.now()
        for host in self.hosts:
            if host.process is None:
                self.start(host)
        for _ in range(13):
            self.clock.advance(timedelta(hours=2) - timedelta(seconds=50))
            self.pass_time(timedelta(seconds=50))
            for host in self.hosts:
                self.do(host.number, lambda world: world.sweep())
                self.do(host.number, lambda world: world.clear_offers())
                self.do(host.number, lambda world: world.revoke())
            self.check()
        assert all(host.journal.empty() for host in self.hosts), "an answer is left in a journal"
        assert not self.backend.queued(), "a revocation is left in the queue"
        for grant in self.backend.grants():
            if isinstance(grant.health, Active):
                minted, family = self.minted(grant, grant.tokens), self.consent_of(grant)
                assert minted is not None
                assert family is not None
                assert minted.generation == family.generation, "a spent token is called healthy after a day"
                assert not family.revoked, "a withdrawn consent is called healthy after a day"
                assert not grant.schedule.in_doubt
                assert isinstance(grant.tokens, Expiring)
                assert grant.tokens.issued_at > began, "a grant was not renewed for a day"
