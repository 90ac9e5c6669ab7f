"""What the server tells of itself, and to whom."""

from __future__ import annotations

from datetime import timedelta

import psycopg

from adapters.memory.database_identity import MemoryIdentityNotes
from adapters.sql.database import open_database
from adapters.sql.database_identity import SqlIdentityRecord
from adapters.sql.migrations import migrate
from application.database_hold.identity_watch import IdentityWatch
from support.servers import Postgres
from support.world import SimulatedClock

KEPT_FROM_IT = """
REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC;
CREATE ROLE modest LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO modest;
"""


def test_a_role_that_may_not_know_its_server_can_stamp_the_database_all_the_same(postgres_server: Postgres) -> None:
    url = postgres_server.new_database()
    migrate(url)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(KEPT_FROM_IT)
        database = open_database(url.replace("postgres@", "modest@"))
        record = SqlIdentityRecord(database)
        assert record.place() == ""
        clock = SimulatedClock()
        watch = IdentityWatch(record, [MemoryIdentityNotes()], lambda _: None, clock, "https://ads.example.com")
        assert watch.hold() is None
        clock.advance(timedelta(minutes=2))
        assert watch.hold() is None
        assert (record.read().place, record.read().home) == (None, "https://ads.example.com")
        database.dispose()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC; DROP OWNED BY modest; DROP ROLE modest")
        postgres_server.drop_database(url)
