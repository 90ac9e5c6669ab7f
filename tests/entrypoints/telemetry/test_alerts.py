"""Each alert is caused by its fault, and is quiet before and after. `promtool` judges what was really scraped."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.budget.process_budget import ProcessBudget
from application.ports.budget import Lane
from application.ports.spend_store import SpendAccount
from domain.database_hold import WentBack
from domain.errors import StoreUnavailable
from domain.ids import OwnerId
from domain.outcomes import Failure, InDoubt, Issued, Misconfigured, Reason, Refused, Unavailable
from domain.spend_plan import ImportProgress, Purpose
from domain.tokens import Secret, TokenKind
from entrypoints.container import Container, build
from entrypoints.operations import process_report
from entrypoints.settings import load_settings
from entrypoints.telemetry.scrape import Scrape
from support.builders import HOUR, MINUTE, POLICY, SECOND, a_grant, account
from support.environ import an_environ
from support.mirrored_world import MirroredWorld
from support.promtool import RULES, Expected, Scraped, check_firing, promtool
from support.simulator_as_ad_platform import APP
from support.world import ANNA, World


class Watched:
    """A world whose process reports and is scraped, quiet at first."""

    def __init__(self, world: World, container: Container | None = None) -> None:
        self.world, self.container = world, container or world.container
        self.phases = list[Expected]()

    def scrape(self, *firing: str) -> None:
        """What is told now, and which alerts that has to lead to, if it lasts."""
        process_report(self.container)()
        text = Scrape(self.container)().decode()
        self.phases.append(Expected(Scraped(text, self.container.clock().now()), frozenset(firing)))

    def swept(self, *firing: str) -> None:
        """The same after a sweep."""
        self.world.stay_in_touch()
        self.world.sweep()
        self.scrape(*firing)


@pytest.fixture
def watched() -> Watched:
    world = World()
    world.connect("chloe")
    watched = Watched(world)
    watched.swept()
    return watched


def answering(monkeypatch: pytest.MonkeyPatch, world: World, failure: Failure) -> None:
    """TikTok answers every refresh so."""

    def refresh(token: Secret, version: str = "") -> Issued | Failure:
        del token, version
        return failure

    monkeypatch.setattr(world.platform, "refresh", refresh)


def test_promtool_takes_the_rules() -> None:
    subprocess.run([promtool(), "check", "rules", str(RULES)], check=True, capture_output=True)


def test_tokens_that_nobody_renews_page_within_their_last_hour(watched: Watched, tmp_path: Path) -> None:
    watched.world.budget.stop = Unavailable("away")
    watched.world.pass_time(hours=23, minutes=30)
    watched.swept("TokensAtRisk1h")
    watched.world.budget.stop = None
    watched.swept()
    check_firing(tmp_path, *watched.phases)


def test_a_sweep_that_nobody_does_pages(watched: Watched, tmp_path: Path) -> None:
    watched.world.pass_time(minutes=6)
    watched.scrape("SweepSilent5m")
    watched.swept()
    check_firing(tmp_path, *watched.phases)


def test_a_database_that_is_away_pages_too(watched: Watched, tmp_path: Path) -> None:
    watched.world.database.away = True
    text = Scrape(watched.container)().decode()
    watched.phases.append(Expected(Scraped(text, watched.world.clock.now()), frozenset({"SweepSilent5m"})))
    watched.world.database.away = False
    watched.swept()
    check_firing(tmp_path, *watched.phases)


def test_half_of_the_owners_refused_page(watched: Watched, tmp_path: Path) -> None:
    world = watched.world
    assert world.store is not None
    with world.store.write() as work:
        for number in range(20):
            grant = a_grant(f"grant-{number}", owner=OwnerId(f"owner-{number}"), app=APP)
            grant.fail(Refused(Reason.REFRESH_TOKEN_REFUSED, 40107), POLICY, world.clock.now())
            work.grants.add(grant)
        work.commit()
    watched.scrape("ManyOwnersRefused")
    world.clock.advance(11 * MINUTE)
    world.stay_in_touch()
    watched.phases.append(quiet_after_a_while(watched))
    check_firing(tmp_path, *watched.phases)


def quiet_after_a_while(watched: Watched) -> Expected:
    """A scrape after which nothing fires, with a sweep that finds nothing to do."""
    watched.container.sweep_due_grants()(for_at_most=timedelta(0))
    process_report(watched.container)()
    return Expected(Scraped(Scrape(watched.container)().decode(), watched.world.clock.now()))


def test_a_secret_that_tiktok_refuses_pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = World()
    world = World(clock=world.clock, given_budget=ProcessBudget(10, world.clock))
    [connection, *_] = world.connect("chloe")
    watched = Watched(world)
    watched.swept()
    with monkeypatch.context() as wrong:
        answering(wrong, world, Misconfigured("TikTok says that app id and secret do not match (40101)"))
        world.carry_out_now(connection)
        watched.scrape("AppSecretRefused")
    world.pass_time(minutes=6)
    world.carry_out_now(connection)
    watched.swept()
    check_firing(tmp_path, *watched.phases)


def test_an_answer_that_stays_in_the_journal_pages(watched: Watched, tmp_path: Path) -> None:
    world = watched.world
    [view] = world.list_connections(ANNA)[:1]
    claim = world.claim(view.connection)
    world.database.away = True
    with pytest.raises(StoreUnavailable):
        world.carry_out(claim, taken_at=world.clock.monotonic())
    world.database.away = False
    world.stay_in_touch()
    watched.container.sweep_due_grants()(for_at_most=timedelta(0))
    watched.scrape("JournalNotDrained")
    world.drain()
    watched.phases.append(quiet_after_a_while(watched))
    check_firing(tmp_path, *watched.phases)


def test_keys_that_open_nothing_page(migrated_sqlite_url: str, tmp_path: Path) -> None:
    mine, others = f"k1:{'1a' * 31}7c", f"k2:{'2b' * 31}7c"
    folder = str(tmp_path / "journal")

    def process(keys: str) -> Container:
        return build(load_settings(an_environ(DATABASE_URL=migrated_sqlite_url, TOKEN_ENCRYPTION_KEYS=keys, JOURNAL_DIR=folder)))

    first = process(mine)
    watched = Watched(World(), first)
    with first.store().write() as work:
        grant = a_grant(app=first.app())
        sealed = first.sealer().seal(Secret("a token"), grant.place, TokenKind.ACCESS)
        grant.tokens = replace(grant.tokens, access=sealed, refresh=sealed)  # type: ignore[type-var]  # a pair
        work.grants.add(grant)
        work.commit()
    first.sweep_due_grants()(for_at_most=timedelta(0))
    watched.scrape()
    first.metric_store().withdraw(first.host())
    watched.container = process(others)
    watched.scrape("KeysUnusable")
    watched.container.metric_store().withdraw(watched.container.host())
    watched.container = process(f"{others},{mine}")
    watched.scrape()
    check_firing(tmp_path, *watched.phases)
    for container in (first, watched.container):
        container.database().dispose()


def test_a_database_that_may_be_a_backup_pages(watched: Watched, tmp_path: Path) -> None:
    world = watched.world
    world.identity_record.change(lambda known, now: replace(known, hold=WentBack(now, now)))
    world.pass_time(seconds=2)
    watched.scrape("WrongDatabase")
    world.identity_record.change(lambda known, _: replace(known, hold=None))
    world.pass_time(seconds=2)
    watched.swept()
    check_firing(tmp_path, *watched.phases)


def test_a_grant_that_stays_in_doubt_gets_a_ticket(watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = watched.world
    [view] = world.list_connections(ANNA)[:1]
    with monkeypatch.context() as silent:
        answering(silent, world, InDoubt("reset"))
        world.carry_out_now(view.connection)
        watched.scrape("InDoubt")
    world.pass_time(minutes=10)
    watched.swept()
    check_firing(tmp_path, *watched.phases)


def test_a_budget_that_is_nearly_used_up_gets_a_ticket(watched: Watched, tmp_path: Path) -> None:
    world = watched.world
    for _ in range(60):
        world.pass_time(seconds=10)
        watched.container.budget().take(APP, 9 * 10, Lane.BACKGROUND, within=10 * SECOND)
    watched.swept("BudgetOver80")
    world.pass_time(minutes=10)
    watched.swept()
    check_firing(tmp_path, *watched.phases)


def test_a_clock_that_is_off_gets_a_ticket(watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as off:
        off.setattr(type(watched.container.stored_claims()), "skew", lambda _: -3 * SECOND)
        watched.scrape("ClockSkew")
    watched.scrape()
    check_firing(tmp_path, *watched.phases)


def test_people_whose_year_ends_get_a_ticket(watched: Watched, tmp_path: Path) -> None:
    world = watched.world
    world.pass_time(days=340)
    watched.swept("YearEnd30d")
    world.connect("chloe")
    watched.swept()
    check_firing(tmp_path, *watched.phases)


@pytest.fixture
def mirrored() -> Watched:
    world = MirroredWorld()
    watched = Watched(world)
    watched.swept()
    return watched


def test_events_that_nobody_reads_get_a_ticket(mirrored: Watched, tmp_path: Path) -> None:
    world = mirrored.world
    assert isinstance(world, MirroredWorld)
    world.connect("chloe")
    world.pass_time(minutes=11)
    world.look()
    mirrored.swept("OutboxLag")
    world.follow()
    mirrored.swept()
    check_firing(tmp_path, *mirrored.phases)


def test_a_mirror_that_nobody_looks_at_gets_a_ticket(mirrored: Watched, tmp_path: Path) -> None:
    world = mirrored.world
    assert isinstance(world, MirroredWorld)
    world.pass_time(minutes=6)
    mirrored.swept("MirrorLag")
    world.look()
    mirrored.swept()
    check_firing(tmp_path, *mirrored.phases)


@pytest.mark.parametrize("late", (3 * HOUR, 25 * HOUR), ids=("nobody reads", "not read for a day"))
def test_spend_that_is_not_read_gets_a_ticket(watched: Watched, tmp_path: Path, late: timedelta) -> None:
    world, spend = watched.world, watched.container.spend_store()
    of = SpendAccount(ANNA, account(1))

    def read(due_in: timedelta) -> None:
        claim = spend.take(of, lease=MINUTE)
        assert claim
        progress = replace(ImportProgress(), recent_read_at=world.clock.now())
        assert spend.settle(claim, progress, due_at=world.clock.now() + due_in, purpose=Purpose.RECENT)

    spend.follow([of])
    read(30 * HOUR if late > 24 * HOUR else MINUTE)
    world.pass_time(seconds=late.total_seconds())
    watched.swept("SpendLate")
    read(HOUR)
    watched.swept()
    check_firing(tmp_path, *watched.phases)


def test_every_alert_is_caused_by_a_test_here() -> None:
    caused = Path(__file__).read_text()
    names = [line.split(":")[1].strip() for line in RULES.read_text().splitlines() if "- alert:" in line]
    assert len(names) == 14
    assert [name for name in names if f'"{name}"' not in caused] == []
