import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select

from adapters.ids_and_nonces import SystemIds
from adapters.sql import tables
from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import Database, open_database
from adapters.sql.store import SqlStore
from application.ports.claims_and_settlements import Due, Settlement
from domain.errors import Conflict
from domain.ids import ConnectionId, GrantId, OfferId
from support.builders import (
    ANNA,
    APP,
    BERT,
    MINUTE,
    POLICY,
    START,
    a_consent,
    a_due_grant,
    a_grant,
    a_pair,
    a_revocation,
    account,
    an_offer,
)
from support.world import SimulatedClock

SRC, TESTS = (Path(__file__).parents[3] / name for name in ("src", "tests"))
GRANTS = [f"grant-{n:03}" for n in range(200)]


def claims_of(database: Database) -> SqlClaims:
    return SqlClaims(database, host="here", ids=SystemIds(), clock=SimulatedClock())


def add_grants(database: Database) -> None:
    with SqlStore(database).write() as work:
        for name in GRANTS:
            work.grants.add(a_due_grant(name))
        work.commit()


def at_once(many: int, do: Callable[[int], list[str]]) -> list[str]:
    """What threads return that all begin at the same moment."""
    barrier = threading.Barrier(many)

    def one(number: int) -> list[str]:
        barrier.wait()
        return do(number)

    with ThreadPoolExecutor(many) as executor:
        return [thing for found in executor.map(one, range(many)) for thing in found]


def sweep(claims: SqlClaims) -> list[str]:
    """Claim and settle until nothing is due; the grants that were rotated."""
    done = list[str]()
    while batch := claims.take_due(APP, limit=7, lease=MINUTE, due=Due()):
        for claim in batch:
            claim.grant.rotate(a_pair(claim.grant.id), "print", from_generation=claim.generation, policy=POLICY, now=START)
            assert claims.settle(claim.grant, claim) is Settlement.STORED
            done.append(claim.grant.id)
    return done


def test_sixteen_threads_win_each_grant_once(database: Database) -> None:
    add_grants(database)
    claims = claims_of(database)

    def claim_all(_: int) -> list[str]:
        won = list[str]()
        while batch := claims.take_due(APP, limit=7, lease=MINUTE, due=Due()):
            won += [claim.grant.id for claim in batch]
        return won

    assert sorted(at_once(16, claim_all)) == GRANTS


def test_sixteen_threads_that_want_one_grant_are_given_it_once(database: Database) -> None:
    add_grants(database)
    claims = claims_of(database)

    def claim(_: int) -> list[str]:
        return ["won"] if claims.take(GrantId(GRANTS[0]), generation=1, lease=MINUTE) else []

    assert at_once(16, claim) == ["won"]


def test_threads_that_claim_and_settle_rotate_each_grant_once(database: Database) -> None:
    add_grants(database)
    claims = claims_of(database)
    assert sorted(at_once(16, lambda _: sweep(claims))) == GRANTS
    with database.reading() as connection:
        rotated = connection.scalars(select(tables.outbox.c.grant_id).where(tables.outbox.c.type == "TokensRotated"))
        assert Counter(rotated) == Counter(GRANTS)


def test_processes_that_claim_and_settle_rotate_each_grant_once(database: Database, url: str) -> None:
    add_grants(database)
    command = [sys.executable, __file__, url]
    environment = {"PYTHONPATH": f"{SRC}:{TESTS}"}
    processes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(outputs[0] + outputs[1]) == GRANTS


def test_a_state_is_consumed_by_one_of_many(database: Database) -> None:
    store = SqlStore(database)
    with store.write() as work:
        work.consents.add(a_consent())
        work.commit()

    def consume(_: int) -> list[str]:
        with store.write() as work:
            won = work.consents.consume("digest-1", START)
            work.commit()
        return ["won"] if won else []

    assert at_once(8, consume) == ["won"]


def test_revocations_are_taken_once(database: Database) -> None:
    store = SqlStore(database)
    with store.write() as work:
        for name in GRANTS:
            work.revocations.add(a_revocation(name))
        work.commit()

    def take(_: int) -> list[str]:
        taken = list[str]()
        while True:
            with store.write() as work:
                batch = work.revocations.take_due(APP, limit=9, lease=MINUTE, now=START)
                work.commit()
            if not batch:
                return taken
            taken += [revocation.id for revocation in batch]

    assert sorted(at_once(8, take)) == GRANTS


def test_units_that_change_the_same_grant_follow_one_another(database: Database) -> None:
    store = SqlStore(database)
    with store.write() as work:
        work.grants.add(a_grant(connects=range(20)))
        work.commit()

    def disconnect(number: int) -> list[str]:
        with store.write() as work:
            grant = work.grants.of_connection(ConnectionId(f"grant-1/{number}"))
            assert grant is not None
            grant.release(ConnectionId(f"grant-1/{number}"))
            if not grant.connections:
                grant.revoke(START)
            work.grants.save(grant)
            work.commit()
        return ["erased"] if grant.erased else []

    assert at_once(20, disconnect) == ["erased"]


def test_a_connection_that_moved_while_it_was_waited_for_is_found_where_it_went(database: Database) -> None:
    store = SqlStore(database)
    with store.write() as work:
        work.grants.add(a_grant("old", connects=(1,)))
        work.commit()
    found = list[str]()

    def look() -> None:
        with store.write() as other:
            grant = other.grants.of_account(ANNA, account(1))
            assert grant is not None
            found.append(grant.id)

    with store.write() as work:
        [old] = work.grants.of_owner(ANNA)
        looking = threading.Thread(target=look)
        looking.start()
        newer = a_grant("new")
        newer.adopt(old.release(ConnectionId("old/1")), START)
        old.supersede(START)
        work.grants.add(newer)
        work.grants.save(old)
        looking.join(0.3)  # by now it waits for the old grant's lock
        work.commit()
    looking.join()
    assert found == ["new"]


def test_of_two_that_connect_the_same_account_at_once_one_is_told(database: Database) -> None:
    store = SqlStore(database)

    def connect(number: int) -> list[str]:
        try:
            with store.write() as work:
                work.grants.add(a_grant(f"grant-{number}", connects=(1,)))
                work.commit()
        except Conflict:
            return ["conflict"]
        return ["connected"]

    assert sorted(at_once(4, connect)) == ["conflict"] * 3 + ["connected"]


def test_a_sweep_passes_over_grants_that_a_unit_of_work_holds(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url)
    add_grants(database)
    with SqlStore(database).write() as work:
        work.grants.get([GrantId(GRANTS[0])])
        claims = claims_of(database).take_due(APP, limit=200, lease=MINUTE, due=Due())
    assert [claim.grant.id for claim in claims] == GRANTS[1:]
    database.dispose()


def test_whoever_names_what_is_anothers_does_not_wait_for_their_lock(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url)
    store = SqlStore(database)
    with store.write() as work:
        work.grants.add(a_grant(connects=(1,)))
        work.offers.add(an_offer(GrantId("grant-1")))
        work.commit()
    with store.write() as annas:
        assert annas.grants.of_connection(ConnectionId("grant-1/1"), owner=ANNA) is not None
        assert annas.offers.get(OfferId("offer-1"), owner=ANNA) is not None
        with store.write() as berts:
            assert berts.grants.of_connection(ConnectionId("grant-1/1"), owner=BERT) is None
            assert berts.grants.get([GrantId("grant-1")], owner=BERT) == []
            assert berts.offers.get(OfferId("offer-1"), owner=BERT) is None
    database.dispose()


def test_revocations_are_passed_over_that_another_unit_takes(migrated_postgres_url: str) -> None:
    database = open_database(migrated_postgres_url)
    store = SqlStore(database)
    with store.write() as work:
        for name in GRANTS:
            work.revocations.add(a_revocation(name))
        work.commit()
    with store.write() as one, store.write() as another:
        taken = [{r.id for r in work.revocations.take_due(APP, limit=9, lease=MINUTE, now=START)} for work in (one, another)]
    assert [len(ids) for ids in taken] == [9, 9]
    assert not taken[0] & taken[1]
    database.dispose()


def test_a_settle_on_sqlite_goes_before_the_claims_that_waited_longer(migrated_sqlite_url: str) -> None:
    database = open_database(migrated_sqlite_url)
    add_grants(database)
    claims, order = claims_of(database), list[str]()
    [claim] = claims.take_due(APP, limit=1, lease=MINUTE, due=Due())
    claim.grant.rotate(a_pair("fresh"), "print", from_generation=1, policy=POLICY, now=START)

    def take() -> None:
        claims.take_due(APP, limit=1, lease=MINUTE, due=Due())
        order.append("claim")

    def settle() -> None:
        assert claims.settle(claim.grant, claim) is Settlement.STORED
        order.append("settle")

    threads = [threading.Thread(target=do) for do in (take, take, take, settle)]
    with SqlStore(database).write():
        for waiting, thread in enumerate(threads, start=1):
            thread.start()
            while database.waiting < waiting:
                pass
    for thread in threads:
        thread.join()
    assert order == ["settle", "claim", "claim", "claim"]
    database.dispose()


if __name__ == "__main__":
    print("\n".join(sweep(claims_of(open_database(sys.argv[1])))))  # noqa: T201 -- what the test reads
