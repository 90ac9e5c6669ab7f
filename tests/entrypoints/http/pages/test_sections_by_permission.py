"""The platforms page by permission: what one click mends stands together, and first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.advertiser import Advertiser, Connection
from domain.connection_state import ConnectionState
from domain.connection_view import ConnectionView
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from entrypoints.http.pages.platforms import summary_of
from entrypoints.http.pages.sections_by_permission import Section, sections_of

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(hours=7)


def a_view(name: str, grant: str, state: ConnectionState = ConnectionState.OK, **facts: object) -> ConnectionView:
    """A connection by its name, under a grant."""
    reason = {ConnectionState.NEEDS_REAUTH: "refresh_token_refused", ConnectionState.DEGRADED: "refresh_token_refused"}.get(state)
    view = ConnectionView(
        connection=Connection(ConnectionId(f"c-{name}"), OwnerId("o"), Advertiser(AdvertiserId("7"), name), NOW),
        grant=GrantId(grant),
        provider="tiktok_ads",
        generation=1,
        state=state,
        reason=reason,
        usable_until=None,
        token_issued_at=NOW,
        token_expires_at=NOW + timedelta(hours=24),
        next_refresh_at=None,
        refresh_token_expires_at=NOW + timedelta(days=300),
        reconnect_by=NOW if state is ConnectionState.NEEDS_REAUTH else None,
    )
    return replace(view, **facts)  # type: ignore[arg-type] # of several types


def lost(view: ConnectionView) -> ConnectionView:
    return replace(view, connection=replace(view.connection, lost_at=NOW))


def names(sections: list[Section]) -> list[list[str]]:
    return [[row.name for row in section.rows] for section in sections]


def test_thirty_dead_accounts_of_one_permission_have_one_reconnect() -> None:
    views = [a_view(str(n), "g", ConnectionState.NEEDS_REAUTH) for n in range(30)]
    [section] = sections_of(views, {}, NOW)
    assert section.shared
    assert section.reconnect is not None
    assert (section.reconnect.words, section.reconnect.href) == ("Reconnect all 30", "/api/auth/tiktok?connectionId=c-0")


def test_two_permissions_have_one_each_and_what_is_broken_comes_first() -> None:
    views = [
        a_view("well", "a"),
        a_view("dead 1", "b", ConnectionState.NEEDS_REAUTH),
        a_view("ends", "c", ConnectionState.DEGRADED, usable_until=SOON, reconnect_by=SOON),
        a_view("dead 2", "d", ConnectionState.NEEDS_REAUTH),
        a_view("dead 1b", "b", ConnectionState.NEEDS_REAUTH),
        a_view("well too", "a"),
    ]
    sections = sections_of(views, {}, NOW)
    assert names(sections) == [["dead 1", "dead 1b"], ["dead 2"], ["ends"], ["well"], ["well too"]]
    assert [section.reconnect.words if section.reconnect else "" for section in sections] == [
        "Reconnect all 2",
        "Reconnect",
        "Reconnect",
        "",
        "",
    ]


def test_the_login_is_held_to_an_account_that_it_reached_last() -> None:
    views = [
        lost(a_view("gone", "g", ConnectionState.NEEDS_REAUTH)),
        a_view("there", "g", ConnectionState.NEEDS_REAUTH),
    ]
    [section] = sections_of(views, {}, NOW)
    assert section.reconnect is not None
    assert section.reconnect.href.endswith("connectionId=c-there")


def test_accounts_out_of_reach_are_mended_one_by_one() -> None:
    views = [lost(a_view(name, "g", ConnectionState.ACCOUNT_LOST)) for name in ("one", "two")]
    assert names(sections_of(views, {}, NOW)) == [["one"], ["two"]]


@pytest.mark.parametrize(
    ("well", "dead", "summary"),
    [
        (0, 0, "Not connected"),
        (1, 0, "1 account connected"),
        (2, 0, "2 accounts connected"),
        (0, 1, "No account connected, 1 needs you"),
        (0, 2, "No account connected, 2 need you"),
        (28, 2, "28 accounts connected, 2 need you"),
    ],
)
def test_the_dead_are_not_counted_as_connected(well: int, dead: int, summary: str) -> None:
    views = [a_view("well", "a")] * well + [a_view("dead", "b", ConnectionState.NEEDS_REAUTH)] * dead
    assert summary_of(views) == summary
