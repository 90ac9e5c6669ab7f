from __future__ import annotations

from datetime import UTC, datetime, timedelta

from application.ports.fleet import HORIZONS, FleetView, GrantCount
from domain.ids import AppId
from domain.signs_of_life import SignsOfLife
from entrypoints.cli.status import as_text

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def a_view(*counts: tuple[str, str, int]) -> FleetView:
    return FleetView(
        at=NOW,
        grants=tuple(GrantCount(AppId(app), health, grants) for app, health, grants in counts),
        due=3,
        overdue=2,
        in_doubt=1,
        at_risk=tuple(zip(HORIZONS, (4, 5, 6), strict=True)),
        pending_revocations=7,
        open_offers=8,
        connections=9,
    )


def told(view: FleetView, *, capacity: int = 1000, beat: timedelta | None = None) -> dict[str, str]:
    signs = SignsOfLife(worker=timedelta(seconds=12), beat=beat, sweep_every=timedelta(seconds=15))
    text = as_text(view, signs, capacity, timedelta(seconds=30))
    return {name.strip(): value for name, _, value in (line.partition("  ") for line in text.splitlines())}


def test_health_is_told_app_by_app() -> None:
    lines = told(a_view(("b", "needs_reauth", 2), ("a", "revoked", 1), ("a", "active", 5)))
    assert (lines["app a"].strip(), lines["app b"].strip()) == ("5 active, 1 revoked", "2 needs_reauth")


def test_an_empty_fleet_is_told_as_such() -> None:
    assert told(a_view())["grants"].strip() == "none yet"


def test_what_is_due_and_at_risk_is_told() -> None:
    lines = told(a_view())
    assert lines["due"].strip() == "3, of these 2 for longer than 30 s"
    assert lines["at risk"].strip() == "4 in 1 h, 5 in 6 h, 6 in 12 h"


def test_what_the_processes_last_got_done_is_told() -> None:
    lines = told(a_view(), beat=timedelta(seconds=7))
    assert lines["worker"].strip() == "last got a sweep done 12 s ago"
    assert lines["beat"].strip() == "last had a message confirmed 7 s ago"


def test_a_beat_that_is_missing_is_told_with_what_to_do() -> None:
    for beat, since in ((None, "not seen within a day"), (timedelta(minutes=4), "last had a message confirmed 240 s ago")):
        line = told(a_view(), beat=beat)["beat"].strip()
        assert line.startswith(f"{since}: see that `tiktok-connect beat` runs")


def test_a_fleet_that_the_budget_cannot_carry_is_told() -> None:
    assert "renewed late" in told(a_view(("a", "active", 60), ("a", "degraded", 50)), capacity=100)["capacity"]
    assert "late" not in told(a_view(("a", "active", 60), ("a", "revoked", 50)), capacity=100)["capacity"]
