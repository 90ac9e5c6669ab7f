from datetime import timedelta

from domain.allowance import Allowance, Caller
from domain.pacing import Tally
from domain.shop_calls import A_DAY, A_MINUTE, A_SECOND, MOST_A_DAY, ShopCalls

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
NOON = 20_000 * DAY + DAY / 2
ONE, TWO = Caller("one", "secret", 50), Caller("two", "secret", 50)


def test_neither_a_second_nor_a_minute_nor_a_day_has_more_than_the_platform_allows() -> None:
    begin = 20_000 * DAY
    used = ShopCalls(day=Tally(DAY).add([begin] * (MOST_A_DAY - 500), begin, keep=DAY))
    allowance, now, times = Allowance(shop_calls=used), begin, list[timedelta]()
    while now < 20_001 * DAY + 2 * SECOND:
        allowance, taken = allowance.take_for_shops(now, ONE if len(times) % 2 else TWO, within=MINUTE)
        times += taken.slots.times
        now = max(taken.slots.again_at, now + timedelta(milliseconds=1)) if not taken.slots.times else now
    today = [at for at in times if at < 20_001 * DAY]
    assert len(today) == 500
    assert MOST_A_DAY < A_DAY
    assert len(times) > len(today), "and the next day begins anew"
    for span, most in ((SECOND, A_SECOND), (MINUTE, A_MINUTE)):
        assert all(later - at >= span for at, later in zip(times, times[most:], strict=False))


def test_other_imports_are_not_held_up_by_the_limits_for_shops() -> None:
    allowance, taken = Allowance().take_for_shops(NOON, ONE, within=MINUTE)
    assert taken.slots.times
    allowance, none = allowance.take_for_shops(NOON, ONE, within=MINUTE)
    assert (none.slots.times, none.because) == ((), None)
    _, other = allowance.take(NOON + SECOND / 20, 1, ONE, within=MINUTE, people=False, imports=True)
    assert other.slots.times


def test_used_up_calls_come_back_with_the_platforms_next_day() -> None:
    calls = ShopCalls(day=Tally(DAY).add([NOON] * MOST_A_DAY, NOON, keep=DAY))
    assert calls.wait(NOON + MINUTE) == DAY / 2 - MINUTE
    assert calls.wait(20_001 * DAY + MINUTE) == timedelta(0)


def test_a_clock_that_was_wrong_stops_nobody_for_long() -> None:
    assert ShopCalls().with_call(NOON + DAY, NOON).wait(NOON + SECOND) < SECOND
