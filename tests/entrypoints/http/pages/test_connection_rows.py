from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.advertiser import Advertiser, Connection, Standing
from domain.connection_state import ConnectionState
from domain.connection_view import ConnectionView
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from domain.import_state import ImportState
from domain.outcomes import Reason
from entrypoints.http.api.why_not_selectable import WHY_CLOSED
from entrypoints.http.pages.connection_rows import WHY, row_of
from entrypoints.http.pages.import_lines import line_of
from entrypoints.http.pages.sections_by_permission import sections_of
from entrypoints.http.pages.times_in_words import ahead, span, times, to_act

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


def a_view(**facts: object) -> ConnectionView:
    """A sound connection whose token is an hour old."""
    advertiser = Advertiser(AdvertiserId("7"), "Shop", "EUR", "Europe/Berlin", "STATUS_ENABLE", Standing.OPEN)
    view = ConnectionView(
        connection=Connection(ConnectionId("c"), OwnerId("o"), advertiser, NOW),
        grant=GrantId("g"),
        provider="tiktok_ads",
        generation=3,
        state=ConnectionState.OK,
        reason=None,
        usable_until=None,
        token_issued_at=NOW - timedelta(hours=6),
        token_expires_at=NOW + timedelta(hours=18),
        next_refresh_at=NOW + timedelta(hours=5),
        refresh_token_expires_at=NOW + timedelta(days=300),
        reconnect_by=None,
    )
    return replace(view, **facts)  # type: ignore[arg-type] # of several types


def reconnect_of(view: ConnectionView) -> str | None:
    """Where the page says that one authorises again."""
    [section] = sections_of([view], {}, NOW)
    return section.reconnect.href if section.reconnect else None


def test_a_sound_connection_asks_nothing_of_anybody() -> None:
    row = row_of(a_view(), NOW)
    assert (row.status.label, row.status.tone, row.status.note) == ("Connected", "good", "")
    assert reconnect_of(a_view()) is None
    assert row.life is not None
    assert row.life.share == 75
    assert row.life.rotated.words == "6 h ago"
    assert row.rotations == "twice"


@pytest.mark.parametrize("state", ConnectionState)
def test_every_state_has_words_of_its_own(state: ConnectionState) -> None:
    others = [row_of(a_view(state=other), NOW).status.label for other in ConnectionState if other is not state]
    assert row_of(a_view(state=state), NOW).status.label not in others


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_to_act_is_said_in_words(reason: Reason) -> None:
    view = a_view(state=ConnectionState.NEEDS_REAUTH, reason=reason.value, reconnect_by=NOW)
    assert row_of(view, NOW).status.note.startswith(WHY[reason.value])
    assert reconnect_of(view) == "/api/auth/tiktok?connectionId=c"


def test_a_degraded_connection_says_until_when_it_works() -> None:
    until = NOW + timedelta(hours=7)
    view = a_view(
        state=ConnectionState.DEGRADED,
        reason="refresh_token_refused",
        usable_until=until,
        reconnect_by=until,
        next_refresh_at=None,
    )
    row = row_of(view, NOW)
    assert row.status.until is not None
    assert f"{row.status.label} {row.status.until.words}" == "Working until 1 Jan, 19:00 UTC"
    assert reconnect_of(view)


REFUSED = {"reason": "refresh_token_refused", "usable_until": NOW + timedelta(hours=7), "next_refresh_at": None}
ENDLESS = {"token_issued_at": None, "token_expires_at": None, "refresh_token_expires_at": None}


@pytest.mark.parametrize(
    "facts",
    [
        {"state": ConnectionState.DEGRADED, **REFUSED, "reconnect_by": NOW + timedelta(hours=7)},
        {"state": ConnectionState.DEGRADED, **REFUSED},
        {"state": ConnectionState.DEGRADED, **REFUSED, **ENDLESS},
        {"state": ConnectionState.DEGRADED, **REFUSED, "reason": "tiktok_40999"},
        {"state": ConnectionState.NEEDS_REAUTH, "reason": "refresh_token_expired"},
        {"state": ConnectionState.NEEDS_REAUTH, "reason": "access_token_refused", **ENDLESS},
        {"state": ConnectionState.ACCOUNT_LOST, "reason": "account_not_reached"},
    ],
)
def test_no_fact_promises_what_the_state_denies(facts: dict[str, object]) -> None:
    row = row_of(a_view(**facts), NOW)
    assert (row.permission_ends, row.endless) == (None, False)
    assert row.life is None or row.life.next_rotation is None


def test_one_refusal_asks_nobody_to_act() -> None:
    view = a_view(state=ConnectionState.DEGRADED, **REFUSED)
    assert "nothing to do for you" in row_of(view, NOW).status.note
    assert reconnect_of(view) is None


def test_an_overdue_renewal_is_nothing_that_a_person_could_help() -> None:
    view = a_view(
        state=ConnectionState.DEGRADED, reason="renewal_overdue", usable_until=NOW, token_expires_at=NOW, next_refresh_at=None
    )
    row = row_of(view, NOW)
    assert (row.status.label, reconnect_of(view)) == ("Renewal delayed", None)
    assert row.life is not None
    assert row.life.valid is None


def test_the_end_of_the_refresh_tokens_year_is_announced_with_a_way_to_reconnect() -> None:
    view = a_view(reconnect_by=NOW + timedelta(days=20))
    row = row_of(view, NOW)
    assert row.status.until is not None
    assert (row.status.label, row.status.until.words, row.status.tone) == ("Connected until", "21 Jan 2030", "warn")
    assert reconnect_of(view)


def test_a_token_without_an_end_is_not_given_one() -> None:
    row = row_of(a_view(token_issued_at=None, token_expires_at=None, refresh_token_expires_at=None, next_refresh_at=None), NOW)
    assert (row.life, row.permission_ends, row.endless) == (None, None, True)


@pytest.mark.parametrize("standing", Standing)
def test_every_standing_that_can_not_be_chosen_says_why(standing: Standing) -> None:
    assert bool(WHY_CLOSED[standing]) is not Advertiser(AdvertiserId("7"), "Shop", standing=standing).selectable


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=119.9), "119 s"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=47, minutes=59), "47 h"),
        (timedelta(days=364, hours=23), "364 days"),
    ],
)
def test_a_span_is_one_number_that_promises_no_more_than_there_is(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_what_is_due_happens_within_seconds() -> None:
    assert ahead(NOW - timedelta(minutes=5), NOW).words == "within seconds"
    assert ahead(NOW + timedelta(minutes=5), NOW).words == "in about 5 min"
    assert [times(count) for count in (0, 1, 2, 7)] == ["not yet", "once", "twice", "7 times"]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=10), "10 min"),
        (timedelta(minutes=9, seconds=1), "10 min"),
        (timedelta(minutes=9), "9 min"),
        (timedelta(seconds=61), "2 min"),
        (timedelta(seconds=60), "less than a minute"),
        (timedelta(0), "less than a minute"),
    ],
)
def test_the_time_for_a_choice_counts_the_minute_begun(length: timedelta, words: str) -> None:
    assert to_act(NOW + length, NOW).words == words


def test_why_spend_does_not_reach_the_dashboard_is_said_unless_a_person_has_to_reconnect() -> None:
    state = ImportState(date(2030, 1, 1), date(2029, 12, 31), NOW, backfill=None, hindrance="its currency is KWD")
    assert line_of(state, NOW).hindrance == "its currency is KWD"
    assert line_of(state, NOW, waits_for_person=True).hindrance == ""
