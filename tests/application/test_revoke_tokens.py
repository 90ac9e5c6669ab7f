"""Tokens on their way out: tried again, given up, and never in the way of a consent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from adapters.tiktok_simulator.advertisers import Advertiser
from adapters.tiktok_simulator.config import Config
from domain.consent import Connected, Consent
from domain.outcomes import Unavailable
from domain.seal_place import SealPlace
from domain.tokens import Sealed, Secret, TokenKind
from support.world import ANNA, BERT, World

HOUR = timedelta(hours=1)


def test_a_revocation_is_tried_again_until_the_platform_takes_it() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    world.platform.away = Unavailable("x")
    assert world.revoke() == 0
    assert world.revoke() == 0, "it waits for its time"
    world.platform.away = None
    world.pass_time(minutes=1)
    assert world.revoke() == 1
    assert world.database.rows.revocations == {}


def test_a_revocation_ends_with_its_token() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    world.platform.away = Unavailable("x")
    world.pass_time(hours=24)
    assert world.revoke() == 1
    assert world.database.rows.revocations == {}


def test_a_revocation_waits_for_a_consent_that_may_bring_the_same_token_again() -> None:
    world = World(config=Config(profile="long-term"))
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    revoked: list[int] = []
    world.platform.on_exchange = lambda: revoked.append(world.revoke())
    [again] = world.connect("chloe")
    assert revoked == [0]
    world.pass_time(minutes=1)
    assert world.revoke() == 1
    assert world.machine.state.counters.revocations == 0, "by then the token is shared"
    assert world.machine.is_live(world.vend_of(again).access.reveal())


def test_an_exchange_waits_for_a_revocation_under_way() -> None:
    world = World(config=Config(profile="long-term"))
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    waited: list[timedelta] = []

    def consent_meanwhile() -> None:
        began = world.clock.now()
        world.platform.on_exchange = lambda: waited.append(world.clock.now() - began)
        world.connect("chloe")

    world.platform.on_revoke = consent_meanwhile
    world.revoke()
    assert waited == [world.policy.call_timeout], "as long as the revocation's own call can last, and no longer"


def test_a_machine_that_slept_before_it_sent_a_revocation_sends_none() -> None:
    world = World(config=Config(profile="long-term"))
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)

    class Sleepy:
        """The machine sleeps when the token is open already, and somebody connects again meanwhile."""

        def open(self, sealed: Sealed, place: SealPlace, kind: TokenKind) -> Secret:
            token = world.sealer.open(sealed, place, kind)
            world.pass_time(hours=1)
            world.connect("chloe")
            return token

    sleepy = replace(world.revoke, sealer=Sleepy())  # type: ignore[arg-type] # nothing else of a sealer is asked for
    assert sleepy() == 1, "the next look finds that the token is shared by now"
    assert world.machine.state.counters.revocations == 0
    [again] = world.list_connections(ANNA)
    assert world.machine.is_live(world.vend_of(again.connection).access.reveal())


def test_one_users_endless_consents_put_nobodys_revocation_off_for_ever() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.disconnect(ANNA, acme.id)
    under_way = deque[str]()

    def consent_without_end() -> None:
        """There is always one that began before whatever is looked at, and that takes five seconds."""
        assert world.store is not None
        with world.store.write() as work:
            state = f"state-{world.clock.now()}"
            work.consents.add(Consent(state, BERT, "browser", world.clock.now() + HOUR))
            work.consents.consume(state, world.clock.now())
            under_way.append(state)
            if len(under_way) > 5:
                work.consents.end(under_way.popleft(), Connected())
            work.commit()

    ended = list[tuple[timedelta, int]]()
    began = world.clock.now()
    world.clock.on_sleep = second_by_second(world, consent_without_end)
    for _ in range(80):
        consent_without_end()
        ended.append((world.clock.now() - began, world.revoke()))
        world.pass_time(seconds=1)
    assert sum(count for _, count in ended) == 1
    assert next(at for at, count in ended if count) < timedelta(seconds=90)
    assert world.machine.state.counters.revocations == 1


def second_by_second(world: World, do: Callable[[], None]) -> Callable[[], None]:
    """Do this in each second that somebody sleeps in."""
    last = [world.clock.now()]

    def slept() -> None:
        if world.clock.now() - last[0] >= timedelta(seconds=1):
            last[0] = world.clock.now()
            do()

    return slept


def test_one_users_many_revocations_keep_nobody_elses_waiting() -> None:
    world = World()
    for number in range(30):
        world.machine.set_accounts(f"user-{number}", [Advertiser(advertiser_id=f"{number}", name="An account")])
        *_, connection = world.connect(f"user-{number}", owner=BERT)
        world.disconnect(BERT, connection.id)
    world.pass_time(seconds=1)
    [acme] = world.connect("chloe")
    mine = world.grant_of(acme).id
    world.disconnect(ANNA, acme.id)
    assert world.revoke() == 20
    assert mine not in {revocation.grant for revocation in world.database.rows.revocations.values()}
