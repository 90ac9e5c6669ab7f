from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from adapters.sql import tables
from adapters.sql.database import Database

BEAT = {"component": "worker", "host": "here", "pid": 1}


def store(database: Database, at: datetime) -> datetime:
    with database.writing() as connection:
        connection.execute(insert(tables.heartbeats).values(**BEAT, beaten_at=at))
        found: datetime = connection.execute(select(tables.heartbeats.c.beaten_at)).scalar_one()
        return found


def test_times_keep_their_microseconds_and_come_back_in_utc(database: Database) -> None:
    at = datetime(2030, 6, 1, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=2)))
    found = store(database, at)
    assert found == at
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises((StatementError, ValueError), match="zone"):
        store(database, datetime(2030, 6, 1, 12))  # noqa: DTZ001 -- the very thing that is refused
