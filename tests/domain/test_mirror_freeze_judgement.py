from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_freeze_judgement import judged, why_not_ours
from domain.mirror_freeze_reasons import FreezeReason, Frozen
from domain.mirror_look import Look, MirrorIdentity, SeenRow
from domain.mirror_state import MirrorState
from domain.mirrored_row import KnownRow, WrittenRow

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(seconds=15)
DASHBOARD = MirrorIdentity("7301 dashboard", 16_400, 5_000)
NOTED = MirrorState(DASHBOARD, looked_at=BEFORE)


def known(*owners: int, confirmed: bool = True) -> list[KnownRow]:
    """One row for each of these owners."""
    return [KnownRow(WrittenRow(row_id(n), OwnerId(f"owner {n}"), 1 if confirmed else None), times_connected=1) for n in owners]


def row_id(n: int) -> ConnectionId:
    return ConnectionId(f"row {n}")


def seen(*owners: int, identity: MirrorIdentity = DASHBOARD, has_token: bool = False) -> Look:
    rows = [SeenRow(row_id(n), OwnerId(f"owner {n}"), AdvertiserId(f"{n}"), "Shop", "active", has_token) for n in owners]
    return Look(identity, standby=False, users_are_empty=False, rows=tuple(rows), gone_users=frozenset())


def reason(noted: MirrorState, rows: list[KnownRow], look: Look) -> FreezeReason | None:
    note = judged(noted, rows, [], look, NOW)
    return note.frozen.reason if note.frozen else None


def test_a_mirror_that_has_what_we_wrote_is_looked_at() -> None:
    later = replace(DASHBOARD, position=6_000)
    assert judged(NOTED, known(1), [], seen(1, identity=later), NOW) == MirrorState(later, looked_at=NOW)


def test_nothing_is_written_before_the_first_look() -> None:
    assert not MirrorState().writes
    assert judged(MirrorState(), [], [], seen(), NOW).writes


@pytest.mark.parametrize(
    ("identity", "because"),
    [
        (replace(DASHBOARD, system="7301 staging"), FreezeReason.OTHER_DATABASE),
        (replace(DASHBOARD, table=16_999), FreezeReason.OTHER_TABLE),
        (replace(DASHBOARD, position=4_999), FreezeReason.WENT_BACK),
        (replace(DASHBOARD, system=None), None),
        (replace(DASHBOARD, position=None), None),
        (replace(DASHBOARD, position=5_000), None),
    ],
)
def test_another_database_or_table_or_an_older_state_freezes(identity: MirrorIdentity, because: FreezeReason | None) -> None:
    assert reason(NOTED, known(1), seen(1, identity=identity)) is because


def test_what_may_not_be_asked_today_stays_noted() -> None:
    asked_nothing = MirrorIdentity(None, DASHBOARD.table, None)
    assert judged(NOTED, known(1), [], seen(1, identity=asked_nothing), NOW).identity == DASHBOARD
    assert why_not_ours(asked_nothing, DASHBOARD, standby=False) is None


def test_a_standby_freezes() -> None:
    assert reason(NOTED, known(1), replace(seen(1), standby=True)) is FreezeReason.STANDBY


def test_no_users_freeze_only_where_a_row_was_written() -> None:
    empty = replace(seen(), users_are_empty=True)
    assert reason(NOTED, known(1), empty) is FreezeReason.NO_USERS
    assert reason(NOTED, known(1, confirmed=False), empty) is None


def test_a_row_that_we_never_wrote_freezes() -> None:
    assert reason(NOTED, known(1), seen(1, 2)) is FreezeReason.UNKNOWN_ROWS
    assert reason(MirrorState(), [], seen(2)) is FreezeReason.UNKNOWN_ROWS


def test_a_row_that_was_noted_during_the_look_does_not_freeze() -> None:
    assert judged(NOTED, known(1), [row_id(2)], seen(1, 2), NOW).frozen is None


def test_a_row_with_a_token_is_not_of_our_kind() -> None:
    assert reason(NOTED, [], seen(2, has_token=True)) is None


@pytest.mark.parametrize(
    ("owners", "there", "because"),
    [
        (1, 0, None),
        (4, 2, None),
        (4, 1, FreezeReason.MANY_MISSING),
        (30, 15, None),
        (30, 14, FreezeReason.MANY_MISSING),
    ],
)
def test_rows_of_more_than_half_of_four_owners_freeze(owners: int, there: int, because: FreezeReason | None) -> None:
    assert reason(NOTED, known(*range(owners)), seen(*range(there))) is because


@pytest.mark.parametrize(
    ("owners", "there", "because"),
    [(2, 1, None), (2, 0, FreezeReason.MANY_MISSING), (3, 2, None), (3, 1, FreezeReason.MANY_MISSING)],
)
def test_of_two_or_three_owners_rows_that_go_at_once_freeze(owners: int, there: int, because: FreezeReason | None) -> None:
    rows = known(*range(owners))
    assert reason(NOTED, rows, seen(*range(there))) is because
    went_before = [replace(row, missing_since=BEFORE) for row in rows]
    assert reason(NOTED, went_before, seen(*range(there))) is None
    assert reason(NOTED, went_before[:-1] + rows[-1:], seen()) is None, "one after the other"


def test_rows_that_we_never_confirmed_or_that_go_are_not_missed() -> None:
    assert reason(NOTED, known(1, 2, 3, 4, confirmed=False), seen()) is None
    gone = [replace(row, times_connected=None) for row in known(1, 2, 3, 4)]
    again = [replace(row, times_connected=2) for row in known(5, 6, 7, 8)]
    assert reason(NOTED, gone + again, seen()) is None


def test_a_frozen_mirror_stays_so_whatever_it_looks_like_later() -> None:
    frozen = NOTED.froze(FreezeReason.WENT_BACK, BEFORE)
    assert judged(frozen, known(1), [], seen(1), NOW) == frozen


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(seen(1), standby=True),
        seen(1, identity=replace(DASHBOARD, system="7301 staging")),
        seen(1, identity=replace(DASHBOARD, table=16_999)),
    ],
)
def test_who_looked_elsewhere_thaws_at_the_database_that_was_noted(elsewhere: Look) -> None:
    frozen = judged(NOTED, known(1), [], elsewhere, BEFORE)
    assert frozen.frozen is not None
    assert judged(frozen, known(1), [], elsewhere, NOW) == frozen, "since the first look that saw it"
    assert judged(frozen, known(1), [], seen(1), NOW) == NOTED.looked(seen(1), NOW)


def test_a_standby_that_took_over_and_lost_something_stays_frozen() -> None:
    frozen = NOTED.froze(FreezeReason.STANDBY, BEFORE)
    behind = seen(1, identity=replace(DASHBOARD, position=4_000))
    assert judged(frozen, known(1), [], behind, NOW) == NOTED.froze(FreezeReason.WENT_BACK, NOW)


def test_a_mirror_that_is_off_is_not_judged() -> None:
    off = NOTED.turned(off=True)
    assert not off.writes
    assert judged(off, known(1), [], seen(), NOW) == off
    assert off.turned(off=False).writes


def test_a_rebuild_takes_the_database_as_it_is() -> None:
    frozen = MirrorState(DASHBOARD, Frozen(FreezeReason.OTHER_DATABASE, BEFORE), looked_at=BEFORE)
    moved = replace(DASHBOARD, system="7301 moved", position=None)
    assert frozen.rebuilt(seen(identity=moved), NOW) == MirrorState(moved, looked_at=NOW)
