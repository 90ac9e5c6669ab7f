from datetime import datetime, timedelta

from adapters.clock import SystemClock
from adapters.ids_and_nonces import SystemIds
from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import Database, time_of
from adapters.sql.store import SqlStore
from application.ports.claims_and_settlements import Due
from support.builders import APP, HOUR, MINUTE, SECOND, a_due_grant


def test_leases_are_dated_by_the_database_s_own_clock(database: Database) -> None:
    before = SystemClock().now() - timedelta(milliseconds=1)  # SQLite cuts its time to milliseconds
    with SqlStore(database).write() as work:
        work.grants.add(a_due_grant(ends=before + HOUR))
        work.grants.add(a_due_grant("not due", ends=before + 20 * HOUR))
        work.commit()
    [claim] = SqlClaims(database, host="here", ids=SystemIds()).take_due(APP, limit=9, lease=MINUTE, due=Due())
    attempt = claim.grant.schedule.attempt
    assert attempt is not None
    assert before <= attempt.started_at <= SystemClock().now()
    assert attempt.lease_until - attempt.started_at == MINUTE


def test_the_database_s_time_goes_on_within_a_transaction(database: Database) -> None:
    with database.reading() as connection:
        first = time_of(connection, None)
        SystemClock().sleep(SECOND / 100)
        assert time_of(connection, None) > first


def test_the_skew_is_how_far_the_database_is_ahead_of_the_process(database: Database) -> None:
    class BehindTheTimes(SystemClock):
        def now(self) -> datetime:
            return super().now() - HOUR

    def skew(process_clock: SystemClock | None) -> timedelta:
        return SqlClaims(database, host="here", ids=SystemIds(), process_clock=process_clock).skew()

    assert abs(skew(SystemClock())) < SECOND / 10
    assert abs(skew(BehindTheTimes()) - HOUR) < SECOND / 10
    assert skew(None) == timedelta(0)
