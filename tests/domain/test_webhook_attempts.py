from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.ids import GrantId
from domain.webhook_attempts import FIRST_PAUSE, GIVEN_UP_AFTER, LONGEST_PAUSE, MOST_ASKED_PAUSE, again_at, is_given_up

NOW = datetime(2026, 11, 1, tzinfo=UTC)
GRANT = GrantId("grant-1")


def pause(attempts: int, grant: GrantId = GRANT, **asked: timedelta) -> timedelta:
    return again_at(grant, attempts, NOW, **asked) - NOW


def test_pauses_double_from_seconds_to_hours_and_are_shortened_by_a_quarter_at_the_most() -> None:
    for attempts in range(1, 40):
        whole = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
        assert whole * 0.75 <= pause(attempts) <= whole


def test_messages_that_failed_together_do_not_come_back_together() -> None:
    assert len({pause(5, GrantId(f"grant-{n}")) for n in range(50)}) == 50


def test_a_pause_that_the_receiver_asks_for_is_heeded_within_hours() -> None:
    assert pause(1, asked=timedelta(minutes=10)) == timedelta(minutes=10)
    assert pause(1, asked=timedelta(days=400)) == MOST_ASKED_PAUSE
    assert pause(1, asked=timedelta(0)) == pause(1)


def test_a_message_is_given_up_after_three_days() -> None:
    assert not is_given_up(NOW, NOW + GIVEN_UP_AFTER - timedelta(seconds=1))
    assert is_given_up(NOW, NOW + GIVEN_UP_AFTER)
