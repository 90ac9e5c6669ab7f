from concurrent.futures import ThreadPoolExecutor

from adapters.memory.ad_platform import MemoryAdPlatform, Verb
from domain.advertiser import Advertiser
from domain.ids import AdvertiserId, AppId
from domain.outcomes import Issued, Throttled, Unavailable
from domain.tokens import Secret
from support.world import SimulatedClock

SHOP = Advertiser(AdvertiserId("7"), "Shop")


def a_platform() -> MemoryAdPlatform:
    return MemoryAdPlatform(AppId("app"), [SHOP], SimulatedClock())


def a_pair(platform: MemoryAdPlatform) -> tuple[Secret, Secret]:
    issued = platform.exchange(platform.consent([SHOP.id]))
    assert isinstance(issued, Issued)
    assert issued.refresh is not None
    return issued.access, issued.refresh


def test_planned_failures_come_in_their_order_and_then_no_more() -> None:
    platform = a_platform()
    access, _ = a_pair(platform)
    platform.plan(Verb.REACH, Throttled())
    platform.plan(Verb.REACH, Unavailable("away"), times=2)
    assert [type(platform.reach(access)) for _ in range(4)] == [Throttled, Unavailable, Unavailable, tuple]


def test_what_was_asked_is_remembered_without_secrets() -> None:
    platform = a_platform()
    _, refresh = a_pair(platform)
    platform.plan(Verb.REFRESH, Throttled())
    platform.refresh(refresh)
    assert [(asked.verb, asked.failure) for asked in platform.asked] == [(Verb.EXCHANGE, None), (Verb.REFRESH, Throttled())]
    assert refresh.reveal() not in repr(platform.asked)


def test_it_tells_which_tokens_are_alive() -> None:
    platform = a_platform()
    access, refresh = a_pair(platform)
    fresh = platform.refresh(refresh)
    assert isinstance(fresh, Issued)
    assert fresh.refresh is not None
    tokens = (access, refresh, fresh.access, fresh.refresh, Secret("made-up"))
    assert [platform.is_live(token) for token in tokens] == [True, False, True, True, False]
    platform.withdraw(access)
    assert not any(platform.is_live(token) for token in tokens)


def test_of_many_threads_with_one_refresh_token_one_wins() -> None:
    platform = a_platform()
    _, refresh = a_pair(platform)
    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda _: platform.refresh(refresh), range(64)))
    assert sum(isinstance(answer, Issued) for answer in answers) == 1
