"""Days on which several things go wrong at once, or somebody asks at the wrong moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.budget.process_budget import ProcessBudget
from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.memory.claims_and_settlements import MemoryClaims
from adapters.memory.database import MemoryDatabase
from adapters.memory.owner_tallies import MemoryOwnerTallies
from adapters.memory.store import MemoryStore
from adapters.tiktok_simulator.config import Config
from application.ports.claims_and_settlements import Claim
from application.rotation.claim_results import Ended
from domain.advertiser import Connection
from domain.errors import PlatformThrottled, PlatformUnavailable, StoreUnavailable
from domain.events import RevocationGivenUp, TokenRevoked
from domain.grant_health import Active, Degraded, NeedsReauth
from domain.ids import AppId, OwnerId
from domain.outcomes import Reason, Refused, Throttled
from domain.owner_tally import OwnerTally
from support.world import ANNA, CountedIds, SimulatedClock, World

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
REFUSED = Refused(Reason.REFRESH_TOKEN_REFUSED, 40107)


def a_fleet(world: World, size: int) -> list[Connection]:
    return [world.connect("chloe", owner=OwnerId(f"owner-{n}"))[0] for n in range(size)]


def test_an_incident_ends_though_the_most_urgent_grants_are_really_dead() -> None:
    world = World()
    dead = [world.connect("ana", 0, owner=OwnerId(f"leaver-{n}"))[0] for n in range(12)]
    world.pass_time(minutes=1)
    fleet = a_fleet(world, 60)
    world.pass_time(hours=12)
    world.platform.away = REFUSED
    world.sweep_for(2 * HOUR, every=timedelta(minutes=1))
    assert all(isinstance(world.grant_of(c).health, Degraded) for c in [*dead, *fleet])
    world.platform.away = None
    world.machine.revoke_user("ana")
    world.sweep_for(14 * HOUR, every=timedelta(minutes=5))
    assert all(world.grant_of(c).generation > 1 for c in fleet)
    assert all(isinstance(world.grant_of(c).health, NeedsReauth) for c in dead)


def test_renewing_everything_ends_though_a_grant_was_refused_and_looked_at() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    world.platform.refresh_plan.append(REFUSED)
    world.sweep()
    world.sweep()
    assert world.grant_of(acme).health == Degraded(world.clock.now() + 12 * HOUR, REFUSED.reason)
    rounds: list[object] = []
    world.sweep.everything(since=world.clock.now(), progress=rounds.append, stopping=lambda: len(rounds) > 10)
    assert not rounds


def test_what_needs_nothing_is_claimed_once_a_sweep() -> None:
    """The store's clock is ahead: by it the token has ended, by ours it has not."""
    clock, database, ids = SimulatedClock(), MemoryDatabase(), CountedIds()
    ahead = SimulatedClock(clock.now() + 4 * SECOND)
    world = World(clock, ids=ids, store=MemoryStore(database), claims=MemoryClaims(database, clock=ahead, ids=ids))
    world.database = database
    [acme] = world.connect("chloe")
    ahead.advance(12 * HOUR)
    world.pass_time(hours=12)
    world.platform.refresh_plan.append(REFUSED)
    world.sweep()
    world.sweep()
    health = world.grant_of(acme).health
    assert isinstance(health, Degraded)
    left = health.usable_until - world.clock.now() - 3 * SECOND
    ahead.advance(left)
    world.pass_time(seconds=left.total_seconds())
    rounds: list[object] = []
    world.sweep(progress=rounds.append, stopping=lambda: len(rounds) > 10)
    assert len(rounds) <= 1


class Blip(MemoryClaims):
    """Claims of which the third look at a generation fails."""

    looks = 0

    def current(self, claim: Claim) -> bool:
        self.looks += 1
        if self.looks == 3:
            raise StoreUnavailable("one blip")
        return super().current(claim)


def test_a_moment_without_the_store_leaves_the_rest_of_a_batch_without_doubt() -> None:
    clock, database, ids = SimulatedClock(), MemoryDatabase(), CountedIds()
    claims = Blip(database, clock=clock, ids=ids)
    world = World(clock, ids=ids, store=MemoryStore(database), claims=claims, config=Config(rotation_mode="grace"))
    fleet = a_fleet(world, 40)
    world.pass_time(hours=12)
    world.platform.refresh_plan.extend(["lost"] * 40)
    world.sweep(for_at_most=SECOND)
    world.pass_time(seconds=40)
    sent = world.platform.refreshes
    with ThreadPoolExecutor(2) as executor:
        sweep_in_batches = replace(world.sweep_in_batches, executor=executor, calls_in_flight=40)
        with pytest.raises(StoreUnavailable):
            replace(world.sweep, sweep_in_batches=sweep_in_batches)()
    assert sum(world.grant_of(c).schedule.attempt is not None for c in fleet) == 1
    assert world.platform.refreshes > sent


class Silent(MemoryOwnerTallies):
    """Tallies whose store is away."""

    def since(self, app: AppId, moment: datetime) -> OwnerTally:
        raise StoreUnavailable


def test_what_others_were_answered_is_not_needed_to_try_a_token_again() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    world.platform.away = REFUSED
    world.sweep()
    world.pass_time(minutes=10)
    carry_out = replace(world.carry_out, tallies=Silent(world.database))
    replace(world.sweep, sweep_in_batches=replace(world.sweep_in_batches, carry_out=carry_out))()
    grant = world.grant_of(acme)
    assert (grant.schedule.attempt, grant.schedule.in_doubt, grant.asked_because) == (None, False, None)
    assert world.platform.refreshes == 2


def test_a_click_waits_until_the_lease_of_a_call_without_answer_has_ended() -> None:
    world = World(config=Config().but(rotation_mode="grace"))
    [acme] = world.connect("chloe")
    world.pass_time(hours=12)
    world.platform.refresh_plan.append("lost")
    assert world.sweep(for_at_most=SECOND).count(Ended.IN_DOUBT) == 1
    world.pass_time(seconds=1)
    with pytest.raises(PlatformUnavailable) as told:
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert SECOND < told.value.retry_after <= world.policy.lease
    assert world.platform.refreshes == 1
    world.pass_time(seconds=30)
    world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert world.platform.refreshes == 2


def test_a_click_that_was_not_sent_may_be_repeated_soon() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.pass_time(seconds=10)
    world.budget.stop = Throttled(2 * SECOND)
    with pytest.raises(PlatformThrottled) as told:
        world.rotate(acme.id, owner=ANNA, asked_at=world.clock.now())
    assert told.value.retry_after <= timedelta(minutes=1)


def test_a_revocation_that_cannot_be_opened_here_tells_nobody_anything_of_the_platform() -> None:
    world = World()
    [acme] = world.connect("ana", 0)
    world.disconnect(ANNA, acme.id)
    world.budget.learnt.clear()
    stranger = replace(world.revoke, sealer=AesGcmSealer(KeyRing.of([("k2", bytes(32))])))
    assert stranger() == 0
    assert world.budget.learnt == []
    world.pass_time(minutes=6)
    assert world.revoke() == 1


def test_a_revocation_that_was_given_up_is_not_called_one() -> None:
    world = World()
    [acme] = world.connect("ana", 0)
    world.disconnect(ANNA, acme.id)
    world.pass_time(hours=25)
    world.revoke()
    told = [event for event in world.database.rows.events if isinstance(event, TokenRevoked | RevocationGivenUp)]
    assert [type(event) for event in told] == [RevocationGivenUp]


def test_an_incident_of_tokens_without_an_end_costs_nobody_a_connection() -> None:
    world = World(config=Config(profile="long-term"))
    fleet = a_fleet(world, 60)
    world.pass_time(hours=12)
    world.platform.away = Refused(Reason.ACCESS_TOKEN_REFUSED, 40105)
    world.audit()
    world.sweep_for(12 * HOUR, every=timedelta(minutes=5))
    assert all(isinstance(world.grant_of(c).health, Degraded) for c in fleet)
    assert all(world.vend_of(c).degraded for c in fleet)
    world.platform.away = None
    world.sweep_for(HOUR + timedelta(minutes=5), every=timedelta(minutes=5))
    assert all(world.grant_of(c).health == Active() for c in fleet)


def test_those_whose_token_without_an_end_was_withdrawn_are_told_so_and_the_others_go_on() -> None:
    """However many left between two audits."""
    world = World(config=Config(profile="long-term"))
    leavers = [world.connect("ana", 0, owner=OwnerId(f"leaver-{n}"))[0] for n in range(40)]
    stayers = a_fleet(world, 40)
    world.pass_time(hours=12)
    world.machine.revoke_user("ana")
    world.audit()
    world.sweep_for(25 * HOUR, every=timedelta(minutes=10))
    assert all(isinstance(world.grant_of(c).health, NeedsReauth) for c in leavers)
    assert all(world.grant_of(c).health == Active() for c in stayers)


def test_the_first_pair_of_a_consent_outlasts_a_moment_without_the_store() -> None:
    world = World()
    world.platform.on_exchange = lambda: setattr(world.database, "away", True)
    world.clock.on_sleep = lambda: setattr(world.database, "away", False)
    world.consent("chloe")
    assert len(world.database.rows.grants) == world.machine.live_refresh_tokens() == 1


def test_throttling_at_the_look_up_of_a_consent_stops_everybody() -> None:
    clock = SimulatedClock()
    world = World(clock, given_budget=ProcessBudget(10, clock))
    world.platform.unlisted = Throttled(timedelta(minutes=5))
    world.consent("ana")
    assert world.complete.budget.stopped(world.platform.app) is not None
