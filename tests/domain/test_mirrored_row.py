from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirrored_row import Intent, KnownRow, Leave, MirroredRow, Remove, Show, WrittenRow

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
OWNER = OwnerId("Ann")
ROW = MirroredRow(ConnectionId("row"), OWNER, AdvertiserId("1"), "Shop", needs_reauth=False, created_at=NOW)
NOTED = KnownRow(WrittenRow(ROW.connection, OWNER), times_connected=1)
CONFIRMED = replace(NOTED, written=WrittenRow(ROW.connection, OWNER, confirmed_for=1))


@pytest.mark.parametrize(
    ("known", "row", "intent"),
    [
        (NOTED, ROW, Show(ROW, insert=True)),
        (CONFIRMED, ROW, Show(ROW, insert=False)),  # a row that is gone stays gone
        (replace(CONFIRMED, times_connected=2), ROW, Show(ROW, insert=True)),  # the person connected again
        (replace(CONFIRMED, missing_since=NOW), ROW, Leave()),
        (replace(CONFIRMED, times_connected=None), None, Remove()),
        (KnownRow(WrittenRow(ROW.connection, OWNER, stale=True), None), None, Leave()),
    ],
)
def test_what_is_to_become_of_a_row(known: KnownRow, row: MirroredRow | None, intent: Intent) -> None:
    assert known.intent(row, writes=True) == intent
    assert known.intent(row, writes=False) == Leave(), "a frozen mirror removes nothing either"


def test_what_is_left_over_gives_way_where_a_row_is_made_and_nowhere_else() -> None:
    left_over = (ConnectionId("older"),)
    assert NOTED.intent(ROW, writes=True, left_over=left_over) == Show(ROW, insert=True, gives_way=left_over)
    assert CONFIRMED.intent(ROW, writes=True, left_over=left_over) == Show(ROW, insert=False)
    assert NOTED.intent(ROW, writes=False, left_over=left_over) == Leave()
