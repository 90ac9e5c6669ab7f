"""The tables' indexes must always say what a look at every grant would say."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.claims_and_settlements import MemoryClaims, is_due
from adapters.memory.database import MemoryDatabase
from adapters.memory.grant_table import urgency
from adapters.memory.store import MemoryStore
from application.ports.claims_and_settlements import Due, TokenModel
from domain.grant import Grant
from domain.outcomes import InDoubt, Reason, Refused, Unavailable
from support.builders import APP, HOUR, MINUTE, POLICY, START, a_due_grant, a_pair
from support.world import CountedIds, SimulatedClock

LEASE = timedelta(seconds=30)

Step = st.tuples(
    st.sampled_from(["add", "take", "fail", "doubt", "refuse", "rotate", "release", "wait", "erase"]), st.integers(0, 40)
)


def settle(what: str, grant: Grant, now: datetime) -> None:
    match what:
        case "fail":
            grant.fail(Unavailable("x"), POLICY, now)
        case "doubt":
            grant.fail(InDoubt("x"), POLICY, now)
        case "refuse":
            grant.fail(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107), POLICY, now)
        case _:
            grant.rotate(a_pair(grant.id, at=now), "print", from_generation=grant.generation, policy=POLICY, now=now)


@given(st.lists(Step, max_size=60))
def test_what_is_due_is_what_a_look_at_every_grant_finds(steps: list[tuple[str, int]]) -> None:
    database, clock = MemoryDatabase(), SimulatedClock()
    store, claims = MemoryStore(database), MemoryClaims(database, clock=clock, ids=CountedIds())
    held = []
    for number, (what, amount) in enumerate(steps):
        match what:
            case "add":
                with store.write() as work:
                    work.grants.add(a_due_grant(f"grant-{number}", ends=START + amount * HOUR))
                    work.commit()
            case "wait":
                clock.advance(amount * MINUTE)
            case "take":
                free = [
                    g
                    for g in database.rows.grants.values()
                    if is_due(g, APP, Due(), clock.now()) and not g.in_flight(clock.now())
                ]
                taken = claims.take_due(APP, limit=amount % 5, lease=LEASE, due=Due())
                expected = sorted(map(urgency, free))[: amount % 5]
                assert [urgency(claim.grant) for claim in taken] == expected
                held += taken
            case "release" if held:
                claims.release([held.pop(0)])
            case "erase" if database.rows.grants:
                with store.write() as work:
                    [grant] = work.grants.get([sorted(database.rows.grants)[amount % len(database.rows.grants)]])
                    if not grant.erased:
                        grant.revoke(clock.now())
                        work.grants.save(grant)
                        work.commit()
            case _ if held:
                claim = held.pop(0)
                settle(what, claim.grant, clock.now())
                claims.settle(claim.grant, claim)
            case _:
                continue
        everything = database.rows.grants.values()
        assert claims.count_due(APP, Due()) == sum(is_due(g, APP, Due(), clock.now()) for g in everything)
        since = clock.now() - 10 * MINUTE
        recent = {g.id for g in everything if (at := g.schedule.settled_at) and at >= since}
        assert {g.id for g in database.rows.grants.settled_since(since)} == recent


def test_a_clock_that_is_turned_back_makes_grants_wait_again() -> None:
    database, clock = MemoryDatabase(), SimulatedClock()
    claims = MemoryClaims(database, clock=clock, ids=CountedIds())
    with MemoryStore(database).write() as work:
        work.grants.add(a_due_grant(ends=START + 20 * HOUR))
        work.commit()
    clock.advance(10 * HOUR)
    assert claims.count_due(APP, Due()) == 1
    clock.advance(-9 * HOUR)
    assert claims.count_due(APP, Due()) == 0
    clock.advance(9 * HOUR)
    assert claims.count_due(APP, Due()) == 1


def test_a_transaction_sees_its_own_changes_and_nobody_else_does_before_the_commit() -> None:
    store = MemoryStore(MemoryDatabase())
    with store.write() as work:
        work.grants.add(a_due_grant("one"))
        assert [g.id for g in work.grants.get([a_due_grant("one").id])] == ["one"]
    with store.read() as work:
        assert work.grants.get([a_due_grant("one").id]) == []


def test_a_grant_that_was_passed_over_is_free_at_the_next_look() -> None:
    database = MemoryDatabase()
    with MemoryStore(database).write() as work:
        work.grants.add(a_due_grant("passed_over"))
        work.grants.add(a_due_grant("another", ends=START + 2 * HOUR))
        work.commit()
    for _ in range(2):
        assert list(database.rows.grants.due(APP, TokenModel.EXPIRING, START).most_urgent()) == ["passed_over", "another"]
