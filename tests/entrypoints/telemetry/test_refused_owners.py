"""Owners who are refused, as operators see them: in the figures for Prometheus and in `status`."""

from __future__ import annotations

import pytest

from application.ports.fleet import FleetView
from domain.ids import AppId
from domain.owner_tally import OwnerTally
from entrypoints.cli.status import in_owners, refused_by_app
from entrypoints.telemetry.fleet_gauges import fleet_gauges
from entrypoints.telemetry.prometheus_text import text_of
from support.builders import START

MINE, OTHER = AppId("mine"), AppId("other")
MANY, FEW, NONE = OwnerTally(10, 12, 30), OwnerTally(99, 1, 1), OwnerTally(50)


def a_view(*answered: tuple[AppId, OwnerTally]) -> FleetView:
    return FleetView(START, (), 0, 0, 0, (), 0, 0, 0, answered)


def test_prometheus_is_told_how_many_of_those_answered_were_refused() -> None:
    text = text_of(fleet_gauges(a_view((MINE, MANY), (OTHER, NONE)))).decode()
    assert 'tiktok_connect_owners_answered{app="mine"} 40.0' in text
    assert 'tiktok_connect_owners_refused{app="mine"} 30.0' in text
    assert 'tiktok_connect_owners_refused{app="other"} 0.0' in text


@pytest.mark.parametrize(("tally", "alarming"), [(MANY, True), (FEW, False)])
def test_status_says_it_and_where_it_is_more_than_users_doing(tally: OwnerTally, alarming: bool) -> None:
    told = in_owners(tally)
    assert told.startswith(f"{tally.only_refused} of {tally.answered} owners in the last ten minutes")
    assert ("larger than users" in told) is alarming


def test_status_names_apps_where_there_are_several_and_is_quiet_where_nobody_is_refused() -> None:
    assert refused_by_app(a_view((MINE, NONE))) == []
    assert refused_by_app(a_view((MINE, FEW))) == [("", FEW)]
    assert refused_by_app(a_view((MINE, FEW), (OTHER, MANY))) == [(", app mine", FEW), (", app other", MANY)]
