from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_absence import ENDS_AFTER, LONGEST_GAP, absences, none_missing
from domain.mirror_look import Look, MirrorIdentity, SeenRow
from domain.mirror_state import MirrorState
from domain.mirrored_row import KnownRow, WrittenRow

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
IDENTITY = MirrorIdentity("dashboard", 16_400, 5_000)
NOTED = MirrorState(IDENTITY, looked_at=NOW - 15 * SECOND)
LONG_AGO = NOW - ENDS_AFTER
ANN, BOB = OwnerId("Ann"), OwnerId("Bob")
FIRST, SECOND_ROW = ConnectionId("first"), ConnectionId("second")


def row(connection: ConnectionId = FIRST, missing_since: datetime | None = None, owner: OwnerId = ANN) -> KnownRow:
    return KnownRow(WrittenRow(connection, owner, confirmed_for=1), times_connected=1, missing_since=missing_since)


def look(*rows: KnownRow, gone: frozenset[OwnerId] = frozenset()) -> Look:
    seen = [SeenRow(r.written.connection, r.written.owner, AdvertiserId("1"), None, "active", has_token=False) for r in rows]
    return Look(IDENTITY, standby=False, users_are_empty=False, rows=tuple(seen), gone_users=gone)


def test_a_row_is_missing_from_the_first_look_that_misses_it() -> None:
    seen = absences(NOTED, [row()], look(), NOW)
    assert seen.missing_since == {FIRST: NOW}
    assert not seen.disconnected
    assert absences(NOTED, [row(missing_since=NOW - SECOND)], look(), NOW).missing_since == {FIRST: NOW - SECOND}


def test_a_row_that_is_back_is_not_missing() -> None:
    assert absences(NOTED, [row(missing_since=LONG_AGO)], look(row()), NOW).missing_since == {FIRST: None}


def test_a_row_that_was_missing_for_a_day_is_a_disconnect() -> None:
    almost = row(missing_since=LONG_AGO + SECOND)
    assert absences(NOTED, [almost], look(), NOW).disconnected == ()
    assert absences(NOTED, [row(missing_since=LONG_AGO)], look(), NOW).disconnected == (FIRST,)


def test_absences_start_anew_when_nobody_looked_for_an_hour() -> None:
    missing = row(missing_since=LONG_AGO)
    for looked_at in (None, NOW - LONGEST_GAP - SECOND):
        seen = absences(replace(NOTED, looked_at=looked_at), [missing], look(), NOW)
        assert (seen.missing_since, seen.disconnected) == ({FIRST: NOW}, ())
    seen = absences(replace(NOTED, looked_at=NOW - LONGEST_GAP), [missing], look(), NOW)
    assert seen.disconnected == (FIRST,)


def test_what_was_not_confirmed_since_the_person_connected_is_not_missing() -> None:
    unwritten = replace(row(), written=WrittenRow(FIRST, ANN))
    again, gone = replace(row(), times_connected=2), replace(row(), times_connected=None)
    for expected_nowhere in (unwritten, again, gone):
        assert not absences(NOTED, [expected_nowhere], look(), NOW).missing_since


def test_a_user_who_is_gone_for_a_day_with_all_rows_is_erased() -> None:
    rows = [row(FIRST, LONG_AGO), row(SECOND_ROW, LONG_AGO), row(ConnectionId("Bob's"), LONG_AGO, BOB)]
    seen = absences(NOTED, rows, look(gone=frozenset({ANN})), NOW)
    assert (seen.disconnected, seen.erased) == ((ConnectionId("Bob's"),), (ANN,))


def test_nobody_is_erased_before_all_their_rows_were_missing_for_a_day() -> None:
    later = row(SECOND_ROW, LONG_AGO + SECOND)
    for rest in (look(gone=frozenset({ANN})), look(later, gone=frozenset({ANN}))):
        seen = absences(NOTED, [row(FIRST, LONG_AGO), later], rest, NOW)
        assert (seen.disconnected, seen.erased) == ((FIRST,), ())


def test_nobody_is_erased_whose_row_of_whatever_age_is_there() -> None:
    removed_here = replace(row(SECOND_ROW), times_connected=None)
    seen = absences(NOTED, [row(FIRST, LONG_AGO), removed_here], look(removed_here, gone=frozenset({ANN})), NOW)
    assert (seen.disconnected, seen.erased) == ((FIRST,), ())


def test_a_user_without_rows_is_not_erased() -> None:
    assert absences(NOTED, [], look(gone=frozenset({ANN})), NOW).erased == ()


def test_a_mirror_that_freezes_misses_nothing() -> None:
    assert none_missing([row(FIRST, NOW), row(SECOND_ROW)]) == {FIRST: None}
