import msgspec
import pytest

from adapters.tiktok_simulator.planned_faults import Fault, FaultPlan

REFRESH = "/oauth2/refresh_token/"


def test_a_counted_fault_strikes_that_often() -> None:
    plan = FaultPlan()
    plan.add([Fault(endpoint=REFRESH, kind="slow", count=2)])

    assert [plan.take(REFRESH) is not None for _ in range(4)] == [True, True, False, False]
    assert plan.planned() == []


def test_faults_strike_in_the_order_they_were_planned() -> None:
    plan = FaultPlan()
    plan.add([Fault(endpoint="*", kind="slow", count=1), Fault(endpoint=REFRESH, kind="drip", count=1)])

    struck = [plan.take(REFRESH), plan.take(REFRESH)]
    assert [fault.kind for fault in struck if fault] == ["slow", "drip"]


def test_a_rate_strikes_its_share_and_the_same_calls_every_time() -> None:
    def run() -> list[bool]:
        plan = FaultPlan(seed=7)
        plan.add([Fault(endpoint=REFRESH, kind="html504", rate=0.25)])
        return [plan.take(REFRESH) is not None for _ in range(1_000)]

    assert run() == run()
    assert 200 < sum(run()) < 300


def test_a_rate_of_one_strikes_always_until_it_is_cleared() -> None:
    plan = FaultPlan()
    plan.add([Fault(endpoint="*", kind="unavailable", rate=1)])
    assert all(plan.take(REFRESH) for _ in range(100))

    plan.clear()
    assert plan.take(REFRESH) is None


def test_a_fault_planned_twice_is_not_shared() -> None:
    fault, plan = Fault(endpoint="*", kind="slow", count=1), FaultPlan()
    plan.add([fault, fault])

    assert [plan.take(REFRESH) is not None for _ in range(3)] == [True, True, False]
    assert fault.count == 1


@pytest.mark.parametrize(
    "words",
    [
        '{"endpoint": "/nothing/", "kind": "slow", "count": 1}',
        '{"endpoint": "*", "kind": "earthquake", "count": 1}',
        '{"endpoint": "*", "kind": "slow"}',
        '{"endpoint": "*", "kind": "slow", "count": 1, "rate": 0.5}',
        '{"endpoint": "*", "kind": "slow", "count": 0}',
        '{"endpoint": "*", "kind": "slow", "rate": 1.5}',
        '{"endpoint": "*", "kind": "slow", "count": 1, "surprise": 1}',
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(words: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(words, type=Fault)
