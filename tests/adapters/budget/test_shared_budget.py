from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise

from adapters.budget.process_budget import ProcessLedger
from adapters.budget.shared_budget import SharedBudget
from application.ports.budget import Lane
from domain.errors import StoreUnavailable
from domain.ids import AppId
from domain.outcomes import Throttled, Unavailable
from support.world import SimulatedClock

APP = AppId("app")
SECOND = timedelta(seconds=1)
Write = Callable[[str | None, timedelta], str | None]


class Ledger(ProcessLedger):
    """A ledger that can be away, and counts its visits."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__(clock)
        self.away, self.visits, self.reply_takes = False, 0, timedelta(0)
        self._clock_here = clock

    def change(self, app: AppId, write: Write) -> None:
        self.visits += 1
        if self.away:
            raise StoreUnavailable

        def write_late(text: str | None, time: timedelta) -> str | None:
            self._clock_here.advance(self.reply_takes)
            return write(text, time)

        super().change(app, write_late)


class Fleet:
    """Budgets of several processes over one ledger."""

    def __init__(self, processes: int, *, qps: int = 10) -> None:
        self.clock = SimulatedClock()
        self.ledger = Ledger(self.clock)
        self.budgets = [SharedBudget(self.ledger, self.clock, qps=qps, process=f"p{n}") for n in range(processes)]
        self.slots: list[timedelta] = []

    def take_all(self, lane: Lane = Lane.PEOPLE, *, within: timedelta = SECOND) -> list[int]:
        """Every process takes what it can; how much each was given."""
        given = list[int]()
        for budget in self.budgets:
            permits = budget.take(APP, 10**6, lane, within=within)
            self.slots += [self.clock.monotonic() + permits.wait_for(i) for i in range(permits.count)]
            given.append(permits.count)
        return given

    def most_in_a_second(self) -> int:
        return max(sum(start <= time < start + SECOND for time in self.slots) for start in self.slots)


def test_while_the_store_is_away_each_process_keeps_to_its_share() -> None:
    fleet = Fleet(4, qps=12)
    fleet.take_all()
    fleet.take_all()  # by now each knows of the others
    fleet.ledger.away = True
    fleet.clock.advance(20 * SECOND)
    assert fleet.take_all(within=60 * SECOND) == [172] * 4


def test_a_process_that_never_saw_the_store_takes_a_tenth() -> None:
    fleet = Fleet(1)
    fleet.ledger.away = True
    assert fleet.take_all(within=60 * SECOND) == [58]


def test_no_process_takes_less_than_a_tenth() -> None:
    fleet = Fleet(30)
    for _ in range(2):
        for budget in fleet.budgets:
            budget.take(APP, 0, Lane.PEOPLE, within=SECOND)
    fleet.ledger.away = True
    fleet.clock.advance(20 * SECOND)
    assert set(fleet.take_all(within=60 * SECOND)) == {58}


def test_when_the_store_goes_the_background_waits_until_promised_slots_are_past_and_people_do_not() -> None:
    fleet = Fleet(2)
    for _ in range(2):
        fleet.take_all(Lane.BACKGROUND, within=7 * SECOND)
    fleet.ledger.away = True
    fleet.clock.advance(SECOND)
    refused = fleet.budgets[0].take(APP, 50, Lane.BACKGROUND, within=SECOND)
    assert (refused.count, refused.because) == (0, None)
    assert fleet.budgets[0].take(APP, 3, Lane.PEOPLE, within=SECOND).count == 3
    fleet.clock.advance(refused.wait)
    assert fleet.budgets[0].take(APP, 50, Lane.BACKGROUND, within=SECOND).count > 0


def test_the_limit_holds_while_the_store_goes_and_comes_back() -> None:
    fleet = Fleet(3)
    for second in range(60):
        fleet.ledger.away = 20 <= second < 40
        fleet.take_all(Lane.BACKGROUND, within=3 * SECOND)
        fleet.clock.advance(SECOND)
    assert fleet.most_in_a_second() <= 10
    for start in range(0, 58, 10):
        assert any(start * SECOND <= slot < (start + 10) * SECOND for slot in fleet.slots), "nobody starves"


def test_processes_that_come_back_first_leave_room_for_those_that_are_still_alone() -> None:
    fleet = Fleet(2)
    for _ in range(2):
        fleet.take_all()
    fleet.ledger.away = True
    fleet.clock.advance(20 * SECOND)
    fleet.take_all()
    fleet.ledger.away = False
    fleet.clock.advance(6 * SECOND)
    assert fleet.budgets[0].take(APP, 10**6, Lane.PEOPLE, within=10 * SECOND).count == 48
    fleet.clock.advance(20 * SECOND)
    assert fleet.budgets[0].take(APP, 10**6, Lane.PEOPLE, within=10 * SECOND).count == 96


def test_what_was_learnt_alone_is_told_to_all_afterwards() -> None:
    fleet = Fleet(2)
    fleet.take_all()
    fleet.ledger.away = True
    assert fleet.budgets[0].learn(APP, Throttled(60 * SECOND)) == 60 * SECOND
    assert isinstance(fleet.budgets[0].take(APP, 1, Lane.PEOPLE, within=SECOND).because, Throttled)
    fleet.ledger.away = False
    fleet.clock.advance(10 * SECOND)
    fleet.budgets[0].learn(APP, None)
    assert isinstance(fleet.budgets[1].take(APP, 1, Lane.PEOPLE, within=SECOND).because, Throttled)


def test_a_store_that_is_away_is_asked_only_now_and_then() -> None:
    fleet = Fleet(1)
    fleet.ledger.away = True
    for _ in range(100):
        fleet.take_all()
        fleet.budgets[0].learn(APP, Unavailable("away"))
    assert fleet.ledger.visits == 1
    fleet.clock.advance(5 * SECOND)
    fleet.take_all()
    assert fleet.ledger.visits == 2


def test_to_learn_that_all_is_well_costs_one_visit_a_second() -> None:
    fleet = Fleet(1)
    fleet.take_all()
    for _ in range(100):
        fleet.budgets[0].learn(APP, None)
    assert fleet.ledger.visits == 1
    fleet.clock.advance(SECOND)
    for _ in range(100):
        fleet.budgets[0].learn(APP, None)
    assert fleet.ledger.visits == 2


def test_looking_whether_calls_are_stopped_visits_no_store() -> None:
    fleet = Fleet(1)
    fleet.budgets[0].learn(APP, Throttled(5 * SECOND))
    visits = fleet.ledger.visits
    assert fleet.budgets[0].stopped(APP) == Throttled(5 * SECOND)
    fleet.clock.advance(5 * SECOND)
    assert fleet.budgets[0].stopped(APP) is None
    assert fleet.ledger.visits == visits


def test_a_text_that_cannot_be_read_is_begun_anew() -> None:
    fleet = Fleet(1)
    for text in ("", "{}", "null", '{"form": 2}', "[1]"):
        fleet.ledger.change(APP, partial(lambda text, _, __: text, text))
        assert fleet.take_all() == [10]
        fleet.clock.advance(60 * SECOND)


def test_a_store_clock_that_was_wrong_for_a_while_stops_nobody_for_long() -> None:
    fleet = Fleet(1)
    fleet.clock.advance(timedelta(hours=5))
    fleet.take_all()
    fleet.clock.advance(timedelta(hours=-5))
    permits = fleet.budgets[0].take(APP, 1, Lane.BACKGROUND, within=SECOND)
    assert permits.wait <= timedelta(minutes=2)


def test_a_reply_that_was_long_on_its_way_makes_no_call_late() -> None:
    fleet = Fleet(2)
    fleet.take_all()
    fleet.ledger.reply_takes = SECOND / 10
    fleet.clock.advance(5 * SECOND)
    fleet.take_all()
    gaps = [late - early for early, late in pairwise(sorted(fleet.slots)) if late > 5 * SECOND]
    assert max(gaps[1:]) - min(gaps[1:]) < SECOND / 100


def test_a_store_whose_clock_was_set_back_is_believed() -> None:
    fleet = Fleet(1)
    fleet.take_all()
    fleet.ledger.reply_takes = 3 * SECOND
    fleet.clock.advance(5 * SECOND)
    fleet.take_all(within=SECOND)
    assert fleet.slots[-1] - fleet.clock.monotonic() > SECOND / 2


def test_a_budget_in_a_newer_form_is_left_as_it_is_and_each_process_keeps_to_its_share() -> None:
    fleet = Fleet(2)
    fleet.take_all()
    fleet.ledger.change(APP, lambda text, _: (text or "").replace('"form":1', '"form":2'))
    newer = list[str | None]()
    fleet.clock.advance(timedelta(seconds=10))
    for _ in range(3):
        assert sum(fleet.take_all()) > 0
        fleet.clock.advance(timedelta(seconds=6))
    fleet.ledger.change(APP, lambda text, _: newer.append(text))
    assert '"form":2' in str(newer)
