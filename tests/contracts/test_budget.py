import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.budget.process_budget import ProcessLedger
from adapters.budget.redis_ledger import RedisLedger
from adapters.budget.shared_budget import SharedBudget
from adapters.clock import SystemClock
from adapters.sql.budget_ledger import SqlLedger
from adapters.sql.database import open_database
from application.ports.budget import Budget, Lane, Ledger
from application.ports.clock import Clock
from domain.errors import StoreUnavailable
from domain.ids import AppId, OwnerId
from domain.outcomes import InDoubt, Misconfigured, OurFault, Throttled, Unavailable
from domain.tokens import Secret
from support.world import SimulatedClock

APP, OTHER = AppId("app"), AppId("another app")
LONG, SHORT = timedelta(seconds=60), timedelta(seconds=1)
PATIENCE = timedelta(seconds=2)
AWAY, WRONG = Unavailable("away"), Misconfigured("secret")
DOUBT = InDoubt("the answer was lost")
SRC, TESTS = (Path(__file__).parents[2] / name for name in ("src", "tests"))
ADAPTERS = ("process", "sqlite", "postgres", "redis")
SHARED = ADAPTERS[1:]
Open = Callable[..., Budget]


def ledger_at(url: str, clock: Clock | None = None) -> tuple[Ledger, Callable[[], None]]:
    """The ledger that a URL is one of, and how to close it."""
    if url.startswith("redis"):
        return RedisLedger(Secret(url), clock=clock), lambda: None
    database = open_database(url)
    return SqlLedger(database, clock=clock), database.dispose


def url_of(adapter: str, request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("redis_url" if adapter == "redis" else f"migrated_{adapter}_url"))


@pytest.fixture(params=ADAPTERS)
def budget_of(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Makes a process's budget of so many calls a second; all made here share it."""
    ledgers, closing = dict[str, Ledger](), list[Callable[[], None]]()

    def make(qps: int, clock: Clock, *, process: str = "one", secret: str = "first", jitter: float = 0) -> Budget:
        if request.param == "process":
            ledgers.setdefault("the one", ProcessLedger(clock))
        elif not ledgers:
            ledgers["the one"], close = ledger_at(url_of(request.param, request), clock)
            closing.append(close)
        return SharedBudget(ledgers["the one"], clock, qps=qps, process=process, secret=secret, jitter=lambda: jitter)

    yield make
    for close in closing:
        close()


@pytest.fixture(params=SHARED)
def shared_url(request: pytest.FixtureRequest) -> str:
    return url_of(request.param, request)


def test_no_more_is_given_than_the_limit_allows(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    times = [
        permits.wait_for(i)
        for lane in (Lane.BACKGROUND, Lane.PEOPLE, Lane.BACKGROUND)
        for permits in [budget.take(APP, 40, lane, within=LONG)]
        for i in range(permits.count)
    ]
    assert len(times) == 120
    for start in times:
        assert sum(start <= time < start + SHORT for time in times) <= 10


def test_all_permits_can_be_used_in_time(budget_of: Open) -> None:
    permits = budget_of(10, SimulatedClock()).take(APP, 100, Lane.BACKGROUND, within=SHORT)
    assert 0 < permits.count < 11
    assert permits.wait_for(permits.count - 1) <= SHORT


def test_a_person_is_served_while_the_background_is_busy(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    assert budget.take(APP, 1000, Lane.BACKGROUND, within=LONG).count > 400
    assert budget.take(APP, 1, Lane.BACKGROUND, within=LONG).count == 0
    person = budget.take(APP, 1, Lane.PEOPLE, within=timedelta(seconds=2))
    assert (person.count, person.because) == (1, None)


def test_when_nothing_is_left_it_says_when_to_ask_again(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    budget.take(APP, 1000, Lane.BACKGROUND, within=LONG)
    none = budget.take(APP, 1, Lane.BACKGROUND, within=SHORT)
    assert (none.count, none.because) == (0, None)
    assert none.wait > timedelta(seconds=50)
    clock.sleep(none.wait)
    assert budget.take(APP, 1, Lane.BACKGROUND, within=SHORT).count == 1


def test_apps_do_not_share_a_budget_or_a_breaker(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    budget.learn(APP, WRONG)
    assert budget.stopped(APP) == WRONG
    assert budget.stopped(OTHER) is None
    assert budget.take(OTHER, 1, Lane.PEOPLE, within=SHORT).count == 1


def test_throttling_stops_the_app_and_then_lets_it_go_on(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    assert budget.learn(APP, Throttled(timedelta(seconds=12))) == timedelta(seconds=12)
    stopped = budget.take(APP, 5, Lane.PEOPLE, within=LONG)
    assert (stopped.count, stopped.wait, stopped.because) == (0, timedelta(seconds=12), Throttled(timedelta(seconds=12)))
    clock.sleep(stopped.wait)
    assert budget.stopped(APP) is None
    assert budget.take(APP, 5, Lane.PEOPLE, within=LONG).count == 5


@pytest.mark.parametrize(("failure", "times"), [(AWAY, 5), (WRONG, 1)])
def test_recovery_from_an_outage_or_a_wrong_secret_needs_one_trial(
    budget_of: Open, failure: Unavailable | Misconfigured, times: int
) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    pause = [budget.learn(APP, failure) for _ in range(times)][-1]
    assert (pause, budget.stopped(APP)) == (timedelta(seconds=30), failure)
    clock.sleep(pause)
    trial = budget.take(APP, 50, Lane.BACKGROUND, within=LONG)
    assert (trial.count, budget.stopped(APP)) == (1, None)
    second = budget.take(APP, 50, Lane.PEOPLE, within=LONG)
    assert (second.count, second.because) == (0, failure)
    assert budget.learn(APP, None) == timedelta(0)
    assert budget.take(APP, 50, Lane.BACKGROUND, within=LONG).count == 50


def test_single_failures_do_not_stop_anything(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    for _ in range(10):
        assert budget.learn(APP, AWAY) == timedelta(0)
        budget.learn(APP, None)
    assert budget.stopped(APP) is None


def test_nothing_wanted_is_nothing_taken(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    assert budget.take(APP, 0, Lane.BACKGROUND, within=LONG).count == 0


def test_threads_never_get_the_same_slot(budget_of: Open) -> None:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        budget = budget_of(50, SimulatedClock())
        with ThreadPoolExecutor(8) as executor:
            waits = list(executor.map(lambda _: budget.take(APP, 1, Lane.PEOPLE, within=LONG).wait, range(2000)))
    finally:
        sys.setswitchinterval(usual)
    assert len(set(waits)) == 2000


# ---- several processes


def test_processes_share_the_limit(budget_of: Open) -> None:
    clock = SimulatedClock()
    times = [
        permits.wait_for(i)
        for process in ("one", "two", "three", "one")
        for permits in [budget_of(10, clock, process=process).take(APP, 100, Lane.PEOPLE, within=LONG / 6)]
        for i in range(permits.count)
    ]
    assert len(times) == len(set(times)) == 96
    assert most_in_a_second(times) == 10


def test_throttling_of_one_process_stops_the_others_within_a_second(budget_of: Open) -> None:
    clock = SimulatedClock()
    one, two = budget_of(10, clock), budget_of(10, clock, process="two")
    two.take(APP, 5, Lane.BACKGROUND, within=LONG)
    one.learn(APP, Throttled(timedelta(seconds=40)))
    clock.advance(SHORT)
    assert two.learn(APP, None) == timedelta(seconds=39)
    assert two.stopped(APP) == Throttled(timedelta(seconds=40))
    assert two.take(APP, 5, Lane.BACKGROUND, within=LONG).because == Throttled(timedelta(seconds=40))


def test_five_lost_calls_anywhere_stop_everybody_and_one_tries_again(budget_of: Open) -> None:
    clock = SimulatedClock()
    one, two = budget_of(10, clock), budget_of(10, clock, process="two")
    for budget in (one, two, one, two):
        assert budget.learn(APP, DOUBT) == timedelta(0)
    assert two.learn(APP, AWAY) == timedelta(seconds=30)
    clock.advance(timedelta(seconds=30))
    assert two.take(APP, 9, Lane.BACKGROUND, within=LONG).count == 1
    assert one.take(APP, 9, Lane.BACKGROUND, within=LONG).count == 0
    assert (two.stopped(APP), one.stopped(APP)) == (None, AWAY)
    two.learn(APP, OurFault(40002))
    clock.advance(SHORT)
    one.learn(APP, None)
    assert one.stopped(APP) is None


def test_one_answer_anywhere_begins_the_count_of_lost_calls_anew(budget_of: Open) -> None:
    clock = SimulatedClock()
    one, two = budget_of(10, clock), budget_of(10, clock, process="two")
    for _ in range(3):
        for _ in range(4):
            one.learn(APP, AWAY)
        clock.advance(SHORT)
        two.learn(APP, None)
    assert one.take(APP, 9, Lane.BACKGROUND, within=LONG).count == 9


def test_an_outage_under_one_secret_says_nothing_of_another(budget_of: Open) -> None:
    clock = SimulatedClock()
    old, new = budget_of(10, clock), budget_of(10, clock, process="two", secret="second")
    for _ in range(5):
        old.learn(APP, AWAY)
    assert old.take(APP, 9, Lane.BACKGROUND, within=LONG).count == 0
    assert new.take(APP, 9, Lane.BACKGROUND, within=LONG).count == 9
    old.learn(APP, Throttled(SHORT))
    assert new.take(APP, 9, Lane.BACKGROUND, within=LONG).count == 0


def test_a_wrong_secret_is_the_process_s_own_trouble(budget_of: Open) -> None:
    clock = SimulatedClock()
    one, two = budget_of(10, clock), budget_of(10, clock, process="two")
    one.learn(APP, WRONG)
    assert one.take(APP, 9, Lane.BACKGROUND, within=LONG).count == 0
    assert two.take(APP, 9, Lane.BACKGROUND, within=LONG).count == 9


# ---- throttling and the platform's own windows


def use(budget: Budget, clock: SimulatedClock, span: timedelta) -> None:
    """Take all that there is for this long."""
    until = clock.now() + span
    while clock.now() < until:
        budget.take(APP, 10**6, Lane.BACKGROUND, within=timedelta(seconds=5))
        clock.advance(timedelta(seconds=5))


def test_throttled_at_the_limit_of_a_minute_everybody_waits_five(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    use(budget, clock, timedelta(seconds=50))
    assert budget.learn(APP, Throttled(SHORT)) == SHORT
    clock.advance(timedelta(minutes=30))
    use(budget, clock, timedelta(seconds=61))
    assert budget.learn(APP, Throttled(SHORT)) == timedelta(minutes=5)


def test_throttled_at_the_limit_of_a_day_everybody_waits_for_the_next(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(1, clock)
    for _ in range(24):
        budget.take(APP, 10**6, Lane.PEOPLE, within=timedelta(hours=1))
        clock.advance(timedelta(minutes=58))
    left = timedelta(minutes=48)
    assert budget.learn(APP, Throttled()) == left
    clock.advance(left)
    assert budget.take(APP, 1, Lane.BACKGROUND, within=LONG).count == 1


def test_after_throttling_the_rate_is_halved_and_recovers_within_minutes(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)

    def a_minute_s() -> int:
        count = budget.take(APP, 10**6, Lane.PEOPLE, within=LONG).count
        clock.advance(LONG)
        return count

    assert a_minute_s() == 572
    clock.advance(budget.learn(APP, Throttled(LONG)))
    rates = [a_minute_s() for _ in range(6)]
    assert rates[0] == 286
    assert rates == sorted(rates)
    assert rates[5] == 572


def test_a_back_off_is_lengthened_a_little_by_chance(budget_of: Open) -> None:
    clock = SimulatedClock()
    assert budget_of(10, clock, jitter=0.5).learn(APP, Throttled()) == SHORT * 1.05
    assert budget_of(10, clock, jitter=0.5).learn(OTHER, Throttled(LONG)) == LONG


# ---- real processes


def most_in_a_second(times: list[timedelta]) -> int:
    times = sorted(times)
    return max(bisect_left(times, time + SHORT) - place for place, time in enumerate(times))


def test_four_processes_that_take_all_they_can_keep_the_limit(shared_url: str) -> None:
    command = [sys.executable, __file__, shared_url]
    environment = {"PYTHONPATH": f"{SRC}:{TESTS}"}
    processes = [subprocess.Popen([*command, str(n)], env=environment, stdout=subprocess.PIPE, text=True) for n in range(4)]
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    slots = [timedelta(microseconds=int(line)) for out, _ in outputs for line in out.split()]
    assert all(out for out, _ in outputs)
    assert most_in_a_second(slots) <= 20
    assert len(slots) > 3 * 20 / 2  # how much of a rate is given is told above; a busy machine comes late for some


class Dated:
    """A ledger that remembers its time, and is asked until it answers."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.time = ledger, timedelta(0)

    def change(self, app: AppId, write: Callable[[str | None, timedelta], str | None]) -> None:
        def dated(text: str | None, time: timedelta) -> str | None:
            self.time = time
            return write(text, time)

        while True:
            with suppress(StoreUnavailable):
                return self.ledger.change(app, dated)


def hammer(url: str, name: str) -> None:
    """Take for three seconds; print the times of all slots by the ledger's own clock."""
    ledger, close = ledger_at(url)
    dated, clock = Dated(ledger), SystemClock()
    budget = SharedBudget(dated, SimulatedClock(), qps=20, process=name)  # for it, no time passes between asking and answer
    until, lane = clock.monotonic() + 3 * SHORT, Lane.PEOPLE if name == "0" else Lane.BACKGROUND
    while clock.monotonic() < until:
        permits = budget.take(APP, 3, lane, within=SHORT / 2)
        for i in range(permits.count):
            print((dated.time + permits.wait_for(i)) // timedelta(microseconds=1))  # noqa: T201 -- what the test reads
        clock.sleep(min(permits.wait, SHORT / 50))
    close()


if __name__ == "__main__":
    hammer(*sys.argv[1:])


def test_an_import_has_the_very_next_call_and_no_other_waits_for_more_than_one(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    assert budget.take(APP, 50, Lane.IMPORT, within=LONG).count in {1, 2}
    assert budget.take(APP, 50, Lane.IMPORT, within=LONG).count == 0
    assert budget.take(APP, 1, Lane.PEOPLE, within=SHORT).wait <= timedelta(seconds=0.22)
    assert budget.take(APP, 1000, Lane.BACKGROUND, within=LONG).count > 400


def test_an_import_takes_nothing_that_the_background_has_reserved_and_says_when_to_come_again(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    assert budget.take(APP, 30, Lane.BACKGROUND, within=LONG).count == 30
    none = budget.take(APP, 1, Lane.IMPORT, within=LONG)
    assert (none.count, none.because) == (0, None)
    assert timedelta(seconds=2) < none.wait < timedelta(seconds=4)
    clock.sleep(none.wait)
    assert budget.take(APP, 1, Lane.IMPORT, within=LONG).count == 1


def test_reports_of_shops_have_limits_of_their_own_over_all_processes(budget_of: Open) -> None:
    clock = SimulatedClock()
    one, other = budget_of(50, clock), budget_of(50, clock)
    assert one.take(APP, 5, Lane.SHOP_REPORTS, within=LONG).count == 1
    none = other.take(APP, 1, Lane.SHOP_REPORTS, within=LONG)
    assert (none.count, none.because) == (0, None)
    clock.sleep(timedelta(seconds=0.1))
    assert other.take(APP, 1, Lane.IMPORT, within=LONG).count == 1
    clock.sleep(none.wait)
    assert other.take(APP, 1, Lane.SHOP_REPORTS, within=LONG).count == 1


def test_beside_an_import_two_people_within_a_second_both_go_at_once(budget_of: Open) -> None:
    clock = SimulatedClock()
    importer, web = budget_of(10, clock, process="importer"), budget_of(10, clock, process="web")
    times, waits = list[timedelta](), list[timedelta]()
    for n in range(80):
        imported = importer.take(APP, 1, Lane.IMPORT, within=LONG)
        if imported.count:
            times.append(clock.monotonic() + imported.wait)
        if n % 10 == 9:
            waits.append(web.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId(f"anna {n}")).wait)
            times.append(clock.monotonic() + waits[-1])
        clock.advance(timedelta(milliseconds=53))
    assert set(waits) == {timedelta(0)}
    assert len(times) > 25
    assert most_in_a_second(times) <= 10


@pytest.mark.parametrize(("failure", "times"), [(AWAY, 5), (WRONG, 1)])
def test_an_import_is_never_the_trial(budget_of: Open, failure: Unavailable | Misconfigured, times: int) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    for _ in range(times):
        budget.learn(APP, failure)
    clock.sleep(timedelta(minutes=10))
    assert budget.take(APP, 1, Lane.IMPORT, within=LONG).count == 0
    assert budget.take(APP, 1, Lane.PEOPLE, within=LONG).count == 1


def test_persons_take_turns_over_all_processes(budget_of: Open) -> None:
    clock = SimulatedClock()
    one, two = budget_of(10, clock, process="one"), budget_of(10, clock, process="two")
    first = one.take(APP, 1, Lane.PEOPLE, within=PATIENCE)
    mine = one.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId("eve"))
    assert (first.count, mine.count) == (1, 1)
    for budget in (one, two, one, two):
        refused = budget.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId("eve"))
        assert (refused.count, refused.own_call_first, refused.because) == (0, True, None)
        assert abs(refused.wait - mine.wait) < timedelta(milliseconds=5)
    for person in ("anna", "bert"):
        assert two.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId(person)).count == 1
    clock.advance(mine.wait + timedelta(milliseconds=1))
    assert two.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId("eve")).count == 1
    assert one.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId("eve")).own_call_first


def test_a_call_that_goes_at_once_is_a_turn_too(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    eve = OwnerId("eve")
    assert budget.take(APP, 1, Lane.PEOPLE, within=PATIENCE).count == 1
    clock.advance(timedelta(milliseconds=50))
    at_once = budget.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=eve)
    assert (at_once.count, at_once.wait) == (1, timedelta())
    refused = budget.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=eve)
    assert (refused.count, refused.own_call_first) == (0, True)
    assert timedelta() < refused.wait < timedelta(milliseconds=110)
    clock.advance(refused.wait + timedelta(milliseconds=1))
    assert budget.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=eve).count == 1


def test_a_person_is_a_person_in_the_lane_of_people_alone(budget_of: Open) -> None:
    budget = budget_of(10, SimulatedClock())
    for _ in range(3):
        assert budget.take(APP, 1, Lane.BACKGROUND, within=LONG, person=OwnerId("eve")).count == 1


def test_one_persons_many_threads_cost_another_one_turn(budget_of: Open) -> None:
    """In simulated time: whoever asks next after a slot has passed may be eve again, but never twice before anna."""
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    waits = []
    for n in range(40):
        for _ in range(24):
            budget.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId("eve"))
        permits = budget.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId(f"anna {n}"))
        assert permits.count == 1
        waits.append(permits.wait)
        clock.advance(timedelta(milliseconds=230))
    assert max(waits) < timedelta(milliseconds=250)


def test_with_the_background_in_a_hurry_persons_still_take_turns_and_it_keeps_its_share(budget_of: Open) -> None:
    clock = SimulatedClock()
    budget = budget_of(10, clock)
    rotations = served = 0
    for n in range(60):
        rotations += budget.take(APP, 100, Lane.BACKGROUND, within=timedelta(seconds=7)).count
        for _ in range(24):
            budget.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId("eve"))
        served += budget.take(APP, 1, Lane.PEOPLE, within=PATIENCE, person=OwnerId(f"anna {n}")).count
        clock.advance(timedelta(seconds=1))
    assert rotations > 450
    assert served > 20
