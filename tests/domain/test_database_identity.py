from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.database_hold import BEHIND, Elsewhere, WentBack
from domain.database_identity import MOST_GAPS, DatabaseIdentity
from domain.ids import DatabaseId

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
HOME = "https://ads.example.com"

NEW = DatabaseIdentity(DatabaseId("a database"))


def in_use(*, until: datetime, since: datetime = START, identity: DatabaseIdentity = NEW) -> DatabaseIdentity:
    """A database that was stamped every minute."""
    at = since
    while at <= until:
        identity = identity.stamped(at)
        at += MINUTE
    return identity


def test_a_database_in_use_remembers_every_time_that_was_noted_of_it() -> None:
    identity = in_use(until=START + 10 * MINUTE)
    assert not identity.gaps
    assert all(identity.went_back(START + n * MINUTE) is None for n in range(11))


def test_a_restored_backup_does_not_remember_what_was_noted_since() -> None:
    backup = in_use(until=START + 10 * MINUTE)
    noted_at = START + 30 * MINUTE
    assert backup.went_back(noted_at) == WentBack(restored_to=START + 10 * MINUTE, noted_at=noted_at)


def test_a_restored_backup_is_recognised_though_others_have_used_it_since() -> None:
    backup = in_use(until=START + 10 * MINUTE)
    used = in_use(identity=backup, since=START + 60 * MINUTE, until=START + 90 * MINUTE)
    assert used.went_back(START + 30 * MINUTE) == WentBack(START + 10 * MINUTE, START + 30 * MINUTE)


def test_a_database_that_nobody_used_for_a_week_is_ours() -> None:
    identity = in_use(until=START + 10 * MINUTE).stamped(START + timedelta(days=7))
    assert identity.went_back(START + 10 * MINUTE) is None
    assert identity.went_back(identity.noteworthy) is None


def test_a_standby_that_missed_two_minutes_is_ours() -> None:
    standby = in_use(until=START + 10 * MINUTE)
    assert standby.went_back(START + 10 * MINUTE + BEHIND) is None
    assert standby.went_back(START + 10 * MINUTE + BEHIND + SECOND) is not None


def test_a_standby_that_took_over_after_an_outage_of_an_hour_is_ours() -> None:
    noted_at = START + 11 * MINUTE
    standby = in_use(until=START + 10 * MINUTE).stamped(START + 70 * MINUTE)
    assert standby.went_back(noted_at) is None


def test_a_standby_that_missed_the_first_stamp_after_a_pause_is_ours() -> None:
    standby = in_use(until=START)
    primary = standby.stamped(START + timedelta(days=1))
    assert primary.noteworthy is not None
    assert standby.went_back(primary.noteworthy) is None
    assert primary.stamped(START + timedelta(days=1) + MINUTE).noteworthy == START + timedelta(days=1) + MINUTE


def test_a_server_whose_clock_is_behind_does_not_make_the_stamp_go_back() -> None:
    identity = in_use(until=START + 10 * MINUTE)
    assert identity.stamped(START) == identity


def test_a_database_that_was_never_in_use_is_ours() -> None:
    assert NEW.went_back(START) is None
    assert in_use(until=START).went_back(None) is None


def test_what_is_remembered_of_gaps_has_an_end() -> None:
    identity = NEW
    for hour in range(2 * MOST_GAPS):
        identity = identity.stamped(START + hour * timedelta(hours=1))
    assert len(identity.gaps) == MOST_GAPS


def test_an_adopted_backup_is_not_held_again_by_the_same_note() -> None:
    held = replace(in_use(until=START + 10 * MINUTE), hold=WentBack(START + 10 * MINUTE, START + 30 * MINUTE))
    for now in (START + 60 * MINUTE, START - 60 * MINUTE):
        adopted = held.adopted_restored(now)
        assert adopted.hold is None
        assert adopted.restored_at == now
        assert adopted.went_back(START + 30 * MINUTE) is None
        assert adopted.stamped(now + 60 * MINUTE).went_back(START + 30 * MINUTE) is None


def test_a_database_without_a_home_is_served_anywhere() -> None:
    assert NEW.on_hold("https://anywhere.example.com") is None
    assert NEW.on_hold(None) is None


@pytest.mark.parametrize("here", ["https://staging.example.com", "https://ads.example.com:8443", None])
def test_a_database_with_a_home_is_on_hold_elsewhere(here: str | None) -> None:
    assert replace(NEW, home=HOME).on_hold(HOME) is None
    assert replace(NEW, home=HOME).on_hold(here) == Elsewhere(HOME, here)


def test_a_stored_hold_holds_at_home_too() -> None:
    hold = WentBack(START, START + 30 * MINUTE)
    assert replace(NEW, home=HOME, hold=hold).on_hold(HOME) == hold


def test_an_adopted_copy_is_another_database_at_home_here() -> None:
    production = replace(in_use(until=START), home=HOME, hold=WentBack(START, START + 30 * MINUTE))
    copy = production.adopted_copy(DatabaseId("another"), "https://staging.example.com", START + MINUTE)
    assert copy.id != production.id
    assert copy.on_hold("https://staging.example.com") is None
    assert isinstance(copy.on_hold(HOME), Elsewhere)
