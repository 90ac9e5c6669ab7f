"""An import of many accounts in simulated time: sweeps, clicks and new connections go on beside it, in threads, in one budget."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from adapters.memory.spend_reports import MemorySpendReports
from adapters.sql.database import open_database
from adapters.sql.spend_store import SqlSpendStore
from adapters.tiktok_simulator.advertisers import Advertiser
from application.import_spend import IMPORTS_AT_ONCE
from application.ports.spend_reports import CampaignQuestion
from chaos.fleet import Fleet, NotingPlatform
from chaos.upkeep import TOUCH_EVERY, in_touch
from domain.errors import Refusal
from domain.ids import AdvertiserId, CampaignId, OwnerId, StoreId
from domain.outcomes import Failure, Issued, Unread
from domain.report_failures import ReportFailure, ReportTimedOut
from domain.report_pages import ReportPage
from domain.spend import Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_plan import SpendPolicy
from domain.tokens import FIRST_VERSION, Secret
from entrypoints.settings import SpendSettings
from entrypoints.worker.tasks import IMPORT_SLICE
from support.simulated_threads import ThreadsClock, ThreadsExecutor

SECOND = timedelta(seconds=1)
QPS = 10

REFRESH_TAKES, REPORT_TAKES, TIME_OUT = timedelta(milliseconds=300), timedelta(milliseconds=700), 10 * SECOND
LOOKED_EVERY = timedelta(seconds=15)

AMOUNT = Decimal("1.25")
"""What each campaign spends on each day."""


class DistantPlatform(NotingPlatform):
    """Answers take their time."""

    def refresh(self, token: Secret, version: str = FIRST_VERSION) -> Issued | Unread | Failure:
        answer = super().refresh(token, version)
        self.machine.clock.sleep(REFRESH_TAKES)  # type: ignore[attr-defined] # it is ours
        return answer


@dataclass
class SteadyReports(MemorySpendReports):
    """Each account has so many campaigns that spend the same every day. Rows are made when they are asked for."""

    clock: ThreadsClock = field(default_factory=ThreadsClock)
    campaigns: int = 3
    sent: Callable[[], None] = lambda: None
    slow: dict[AdvertiserId, timedelta] = field(default_factory=dict)
    """Accounts whose reports take so long; at `TIME_OUT` they never come."""
    asked: int = 0

    def campaign_page(self, access: Secret, question: CampaignQuestion, page: int) -> ReportPage | ReportFailure:
        if late := self._takes(question.account):
            return late
        days, count = tuple(question.window.days), question.window.length * self.campaigns
        part = range((page - 1) * self.page_size, min(page * self.page_size, count))
        rows = tuple(self._row(question.account, days[n // self.campaigns], n % self.campaigns) for n in part)
        return ReportPage(rows, count, -(-count // self.page_size), total_spend=AMOUNT * count)

    def control_totals(self, access: Secret, account: AdvertiserId, window: Window) -> Mapping[date, Decimal] | ReportFailure:
        return self._takes(account) or dict.fromkeys(window.days, AMOUNT * self.campaigns)

    def stores(self, access: Secret, account: AdvertiserId) -> tuple[StoreId, ...] | ReportFailure:
        return self._takes(account) or ()

    def _takes(self, account: AdvertiserId) -> ReportTimedOut | None:
        self.asked += 1
        self.sent()
        self.clock.sleep(takes := self.slow.get(account, REPORT_TAKES))
        return ReportTimedOut("slow") if takes == TIME_OUT else None

    def _row(self, account: AdvertiserId, day: date, campaign: int) -> Spend:
        return Spend(account, CampaignId(str(campaign)), f"C {campaign}", day, SpendKind.AUCTION, "EUR", AMOUNT, 100, 10, 1)


@dataclass
class ImportLoad:
    """A fleet of one account a grant, the worker that sweeps and imports, and people who click and connect."""

    accounts: int
    campaigns: int
    spend_url: str
    """A migrated database for spend."""
    token_life: timedelta
    import_spend: bool = True
    clicked_every: timedelta = 30 * SECOND
    """On the average."""
    connected_every: timedelta = 120 * SECOND
    clicks: list[timedelta] = field(default_factory=list)
    """How long each took."""
    first_weeks: list[timedelta] = field(default_factory=list)
    """How long it took from a connection until its first days were there."""
    on_look: Callable[[int, int], None] = lambda _calls, _pieces: None
    """Called now and then with the number of calls, and of pieces that were read."""
    looked_every: timedelta = LOOKED_EVERY
    pieces: int = 0

    def __post_init__(self) -> None:
        self.clock = ThreadsClock()
        self.fleet = Fleet(
            self.accounts,
            QPS,
            access_token_seconds=int(self.token_life.total_seconds()),
            clock=self.clock,
            executor=ThreadsExecutor(self.clock, 8),
            platform_of=DistantPlatform,
        )
        self.world, self._over, self._chance = self.fleet.world, False, random.Random(1)
        calls = self.fleet.platform.calls
        self.reports = SteadyReports(clock=self.clock, campaigns=self.campaigns, sent=lambda: calls.append(self.clock.now()))
        self._database = open_database(self.spend_url)
        self.spend_store = SqlSpendStore(self._database, clock=self.clock)
        container = self.world.container
        container.reports.override(self.reports)
        container.spend_store.override(self.spend_store)
        container.import_executor.override(ThreadsExecutor(self.clock, IMPORTS_AT_ONCE))
        self._import = container.import_spend()

    def close(self) -> None:
        self._database.dispose()

    def grow(self) -> None:
        """Let everybody connect, evenly over half a life."""
        self.fleet.grow(self.token_life / 2)
        self.fleet.platform.left_at_rotation.clear()
        self.fleet.platform.calls.clear()

    def run(self, *, until: Callable[[], bool], for_at_most: timedelta) -> timedelta:
        """Let all go on until this is so. How long it took."""
        began_at = self.clock.now()
        beside = [self._touch, self._sweep, self._click, self._join]
        for work in (*beside, self._import_now_and_then) if self.import_spend else beside:
            self.clock.begin(work)
        while not until() and self.clock.now() - began_at < for_at_most:
            self.on_look(self.reports.asked, self.pieces)
            self.clock.sleep(self.looked_every)
        took, self._over = self.clock.now() - began_at, True
        while self.clock.at_work:
            self.clock.sleep(SECOND)
        return took

    def is_imported(self) -> bool:
        """Whether all that there is was read back to its oldest day."""
        imports = self.spend_store.imports()
        return len(imports) >= self.accounts and all(
            (back := one.progress.read_back_to) and (self.clock.now().date() - back).days >= SpendPolicy().backfill_days - 2
            for one in imports
            if one.of.account not in self.reports.slow
        )

    def _every(self, span: timedelta, work: Callable[[], object]) -> None:
        while not self._over:
            began = self.clock.monotonic()
            work()
            self.clock.sleep(span - (self.clock.monotonic() - began))

    def _touch(self) -> None:
        self._every(TOUCH_EVERY, lambda: in_touch(self.world))

    def _sweep(self) -> None:
        self._every(self.fleet.sweep_every, self.world.sweep)

    def _import_now_and_then(self) -> None:
        def once() -> None:
            self.pieces += self._import(for_at_most=IMPORT_SLICE, stopping=lambda: self._over).readings

        self._every(SpendSettings().beat_every, once)

    def _click(self) -> None:
        connections = [c for grant in self.fleet.database.rows.grants.values() for c in grant.connections.values()]
        while not self._over:
            self.clock.sleep(self.clicked_every * self._chance.expovariate(1))
            asked_at = self.clock.now()
            clicked = self._chance.choice(connections)
            with suppress(Refusal):
                self.world.rotate(clicked.id, owner=clicked.owner, asked_at=asked_at)
                self.clicks.append(self.clock.now() - asked_at)

    def _join(self) -> None:
        """Somebody connects now and then, and looks until the first days are there."""
        number = 0
        while not self._over:
            self.clock.sleep(self.connected_every * self._chance.random() * 2)
            owner, number = OwnerId(f"new-{number}"), number + 1
            self.world.machine.set_accounts(owner, [Advertiser(advertiser_id=f"9{number}", name="New")])
            [connection] = self.world.connect(owner, owner=owner)
            self.fleet.consents[self.world.grant_of(connection).id] = max(self.world.machine.state.families)
            self.clock.begin(partial(self._look_for, owner, self.clock.now()))

    def _look_for(self, owner: OwnerId, connected_at: datetime) -> None:
        while not self._over and not any(one.progress.lookback_read_at for one in self.spend_store.imports(owner)):
            self.clock.sleep(SECOND)
        self.first_weeks.append(self.clock.now() - connected_at)
