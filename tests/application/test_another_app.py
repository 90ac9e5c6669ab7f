"""A grant that another developer app obtained is left alone: its token would be spent for nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.crypto.sealer import AesGcmSealer
from adapters.tiktok_simulator.config import Config
from application.rotation.call_and_settle import ANOTHER_APP
from application.rotation.claim_results import Ended
from application.vend_token import ByConnection
from domain.errors import PlatformMisconfigured, ReauthorisationNeeded
from domain.events import RefreshTokenEnding
from domain.ids import AppId
from domain.outcomes import Reason, Refused
from domain.tokens import Secret
from support.simulator_as_ad_platform import SimulatorAsAdPlatform
from support.world import ANNA, BROWSER, World

OURS = AppId("7600000000000000002")


@pytest.fixture
def theirs() -> World:
    """A world whose grants another app obtained."""
    return World()


def ours(world: World) -> World:
    """The same database, served with another app's id and secret: a copy of production in staging, say."""
    platform = SimulatorAsAdPlatform(world.machine, app=OURS)
    host = World(world.clock, world.config, world.policy, world.store, world.bare_claims, world.ids, platform)
    host.database = world.database
    return host


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called no token may be opened."""

    def refuse(*_: object) -> None:
        pytest.fail("a token was opened")

    return lambda: monkeypatch.setattr(AesGcmSealer, "open", refuse)


def test_a_click_sends_nothing_for_a_grant_of_another_app(theirs: World, sealed: Callable[[], None]) -> None:
    [acme] = theirs.connect("chloe")
    before, host = theirs.grant_of(acme), ours(theirs)
    theirs.pass_time(hours=13)
    sealed()
    for insist in (False, True):  # `refresh --connection` insists
        with pytest.raises(PlatformMisconfigured):
            host.rotate(acme.id, owner=ANNA, asked_at=host.clock.now(), insist=insist)
    assert theirs.grant_of(acme) == before
    assert (host.platform.refreshes, host.platform.probes, host.budget.learnt) == (0, 0, [])


def test_a_token_of_another_app_is_not_vended(theirs: World, sealed: Callable[[], None]) -> None:
    [acme] = theirs.connect("chloe")
    before, host = theirs.grant_of(acme), ours(theirs)
    sealed()
    for hours in (0, 23.99, 30):
        theirs.pass_time(hours=hours)
        for patient in (True, False):
            with pytest.raises(PlatformMisconfigured):
                host.vend(ByConnection(acme.id), patient=patient)
    assert theirs.grant_of(acme) == before


def test_a_token_of_another_app_that_a_service_rejects_is_not_replaced(theirs: World, sealed: Callable[[], None]) -> None:
    [acme] = theirs.connect("chloe")
    access = theirs.vend_of(acme).access
    theirs.pass_time(hours=1)
    before, host = theirs.grant_of(acme), ours(theirs)
    sealed()
    with pytest.raises(PlatformMisconfigured):
        host.vend(ByConnection(acme.id), rejected=access)
    assert theirs.grant_of(acme) == before
    assert (host.platform.refreshes, host.platform.probes) == (0, 0)


def test_a_long_term_token_of_another_app_is_not_vended_either(sealed: Callable[[], None]) -> None:
    theirs = World(config=Config().but(profile="long-term"))
    [acme] = theirs.connect("chloe")
    sealed()
    with pytest.raises(PlatformMisconfigured):
        ours(theirs).vend(ByConnection(acme.id))


def test_a_person_who_has_to_connect_again_is_told_so_whatever_the_app(theirs: World) -> None:
    [acme] = theirs.connect("chloe")
    theirs.machine.revoke_user("chloe")
    theirs.pass_time(hours=30)
    theirs.sweep()
    with pytest.raises(ReauthorisationNeeded):
        ours(theirs).vend(ByConnection(acme.id))


def test_sweeps_pass_grants_of_another_app_by(theirs: World, sealed: Callable[[], None]) -> None:
    [acme] = theirs.connect("chloe")
    before, host = theirs.grant_of(acme), ours(theirs)
    theirs.pass_time(hours=13)
    sealed()
    for report in (
        host.sweep(),
        host.sweep(called_every=timedelta(hours=12)),  # the cron endpoint's
        host.sweep.everything(since=host.clock.now()),  # `refresh --all`
    ):
        assert (report.swept, report.remaining) == ({}, 0)
    assert theirs.grant_of(acme) == before


@pytest.mark.parametrize("profile", ["rotating", "long-term"])
def test_a_claim_on_a_grant_of_another_app_is_given_back_as_it_was(profile: str, sealed: Callable[[], None]) -> None:
    theirs = World(config=Config().but(profile=profile))
    [acme] = theirs.connect("chloe")
    before, host = theirs.grant_of(acme), ours(theirs)
    sealed()
    rotation = host.carry_out_now(acme)
    assert (rotation.ended, rotation.failure) == (Ended.UNSENT, ANOTHER_APP)
    assert theirs.grant_of(acme) == before


def test_a_refused_grant_of_another_app_is_not_probed(theirs: World, sealed: Callable[[], None]) -> None:
    [acme] = theirs.connect("chloe")
    theirs.platform.refresh_plan.append(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107))
    theirs.carry_out_now(acme)
    before, host = theirs.grant_of(acme), ours(theirs)
    theirs.pass_time(hours=1)
    sealed()
    host.sweep()
    assert host.carry_out_now(acme).ended is Ended.UNSENT
    assert theirs.grant_of(acme) == before
    assert host.platform.probes == 0


def test_the_audit_leaves_grants_of_another_app_alone(theirs: World, sealed: Callable[[], None]) -> None:
    [acme] = theirs.connect("chloe")
    before, host = theirs.grant_of(acme), ours(theirs)
    theirs.pass_time(days=360)
    sealed()
    report = host.audit()
    assert (report.probed.swept, report.reaches_read, report.endings_announced) == ({}, 0, 0)
    assert theirs.grant_of(acme) == before
    assert host.platform.probes == 0
    assert not [event for event in theirs.database.rows.events if isinstance(event, RefreshTokenEnding)]


def test_disconnect_works_for_a_grant_of_another_app_and_its_revocation_waits_for_that_app(theirs: World) -> None:
    [acme] = theirs.connect("chloe")
    access = theirs.vend_of(acme).access.reveal()
    host = ours(theirs)
    assert host.disconnect(ANNA, acme.id)
    for _ in range(3):
        assert host.revoke() == 0
        theirs.pass_time(minutes=1)
    assert theirs.machine.is_live(access)
    assert theirs.revoke() == 1
    assert not theirs.machine.is_live(access)


def test_a_revocation_of_another_app_does_not_hold_up_ours(theirs: World) -> None:
    [acme] = theirs.connect("chloe")
    theirs.disconnect(ANNA, acme.id)
    host = ours(theirs)
    with host.store.write() as work:  # type: ignore[union-attr]  # every world has a store once it is made
        [queued] = work.revocations.take_due(theirs.platform.app, limit=1, lease=timedelta(0), now=host.clock.now())
        work.revocations.add(replace(queued, id="ours", app=OURS, due_at=queued.due_at + timedelta(seconds=1)))
        work.commit()
    host.pass_time(minutes=1)
    host.platform.app = theirs.platform.app  # what the simulator takes
    host.revoke = replace(host.revoke, platform=SimulatorAsAdPlatform(theirs.machine, app=OURS))
    host.revoke()
    assert [r.app for r in theirs.database.rows.revocations.values() if r.failures] == [OURS], "it was tried"


def test_who_connects_again_under_our_app_is_served_under_the_old_id(theirs: World) -> None:
    [acme] = theirs.connect("chloe")
    theirs.machine.apps[OURS] = theirs.platform.secret
    host = ours(theirs)
    code = theirs.machine.grant_code("chloe", [acme.advertiser.id], app_id=OURS)
    host.complete(ANNA, BROWSER, state=host.state_of(ANNA), code=Secret(code))
    assert host.grant_of(acme).app == OURS
    host.vend_of(acme)
