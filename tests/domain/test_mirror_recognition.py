from datetime import UTC, datetime

from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_look import Look, MirrorIdentity, SeenRow
from domain.mirror_recognition import gone_anew, seen_anew, stale_no_longer
from domain.mirrored_row import KnownRow, WrittenRow

ANN = OwnerId("Ann")
OLD, NEW = ConnectionId("old"), ConnectionId("new")


def seen(*rows: tuple[ConnectionId, str]) -> Look:
    there = (SeenRow(row, ANN, AdvertiserId(account), None, "active", has_token=False) for row, account in rows)
    return Look(
        MirrorIdentity("dashboard", 1, 1), standby=False, users_are_empty=False, rows=tuple(there), gone_users=frozenset()
    )


def test_a_row_that_is_seen_is_confirmed_for_the_consents_before_the_look() -> None:
    again = KnownRow(WrittenRow(NEW, ANN, confirmed_for=1), times_connected=2)
    assert seen_anew([again], seen((NEW, "1"))) == {NEW: 2}
    assert seen_anew([again], seen()) == {}
    assert seen_anew([KnownRow(WrittenRow(NEW, ANN, confirmed_for=2), 2)], seen((NEW, "1"))) == {}
    assert seen_anew([KnownRow(WrittenRow(NEW, ANN), None)], seen((NEW, "1"))) == {}


def test_a_stale_row_is_so_no_longer_beside_the_row_of_who_has_connected_again() -> None:
    stale = WrittenRow(OLD, ANN, stale=True)
    rows = [KnownRow(stale, None), KnownRow(WrittenRow(NEW, ANN), 1)]
    assert stale_no_longer(rows, seen((OLD, "1"), (NEW, "1"))) == (stale,)
    for other in (seen((OLD, "1"), (NEW, "2")), seen((OLD, "1")), seen((NEW, "1"))):
        assert stale_no_longer(rows, other) == ()


def test_a_row_is_gone_once_neither_it_nor_its_connection_is_there() -> None:
    now, before = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    here, removed = KnownRow(WrittenRow(NEW, ANN), 1), KnownRow(WrittenRow(OLD, ANN), None)
    assert gone_anew([here, removed], seen(), now) == {OLD: now}
    assert gone_anew([here, removed], seen((OLD, "1")), now) == {}
    long_ago = KnownRow(WrittenRow(OLD, ANN, gone_at=before), None)
    assert gone_anew([long_ago], seen(), now) == {}, "it is gone since then"
    assert gone_anew([long_ago], seen((OLD, "1")), now) == {OLD: None}, "a backup brought it back"
    assert gone_anew([KnownRow(WrittenRow(OLD, ANN, gone_at=before), 1)], seen(), now) == {OLD: None}
