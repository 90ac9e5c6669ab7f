"""Random worlds of one account that spends: what its books said at each moment, and what the dashboard adds up."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from adapters.budget.process_budget import ProcessBudget
from adapters.memory.dashboard import MemoryDashboard
from adapters.memory.spend_reports import MemoryBooks, MemorySpendReports
from adapters.tiktok_simulator.advertisers import Advertiser
from application.ports.connection_mirror import ConnectionMirror
from application.ports.spend_reports import CampaignPage, CampaignQuestion
from application.ports.spend_sink import SpendSink
from application.ports.spend_store import SpendAccount
from domain.ids import AdvertiserId, CampaignId, StoreId
from domain.report_failures import ReportFailure, ReportTimedOut
from domain.report_pages import ReportPage
from domain.spend import Spend, SpendKind
from domain.spend_calendar import LONGEST_WINDOW, Window
from domain.spend_day import DayState
from domain.spend_plan import SpendPolicy
from domain.tokens import Secret
from support.dashboard_database import ANNA, DashboardDatabase
from support.mirrored_world_with_spend import SpendingWorld
from support.world import SimulatedClock

ZONES = (
    "Pacific/Kiritimati",
    "Pacific/Apia",
    "America/New_York",
    "Europe/Berlin",
    "Etc/GMT+12",
    "Etc/GMT+8",
    "Asia/Kathmandu",
    "UTC",
)
STARTS = (datetime(2030, 3, 8, tzinfo=UTC), datetime(2030, 11, 1, tzinfo=UTC), datetime(2030, 6, 10, tzinfo=UTC))
"""Before both changes of New York's clock, and on a day like any other."""

START_OF_SUMMER, END_OF_SUMMER = date(2030, 3, 10), date(2030, 11, 3)

CURRENCIES = {"JPY": 0, "EUR": 2, "KWD": 3}
POLICY = SpendPolicy(backfill_days=9, lookback_days=3)
STALE = timedelta(hours=26)
"""How long a change that comes weeks later may go unseen: these days are read once a day."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SHOP = StoreId("77")

THERE_FITS = 2
"""Decimals of the dashboard's column, as its own migrations make it. In some worlds it has three."""

Key = tuple[date, str | None]


class TroubledReports(MemorySpendReports):
    """Some of its lists of campaigns are no whole, so that a cut report has to be ordered."""

    list_is_whole = True

    def campaign_list(self, access: Secret, account: AdvertiserId, page: int) -> CampaignPage | ReportFailure:
        answer = super().campaign_list(access, account, page)
        if self.list_is_whole or not isinstance(answer, CampaignPage):
            return answer
        return replace(answer, total_campaigns=answer.total_campaigns + 1)

    times_out = staticmethod(lambda: False)

    def campaign_page(self, access: Secret, question: CampaignQuestion, page: int) -> ReportPage | ReportFailure:
        if self.times_out():
            return ReportTimedOut("no answer in time")
        return super().campaign_page(access, question, page)


@dataclass(frozen=True)
class RealDashboard:
    """Where spend is delivered to, if not into memory."""

    database: DashboardDatabase
    mirror: ConnectionMirror
    sink: SpendSink


@dataclass
class RowsOfDay:
    """What one campaign has on one day, from each moment on; None: nothing any more."""

    campaign: str | None
    day: date
    amounts: list[tuple[datetime, Decimal | None]] = field(default_factory=list)
    kind: SpendKind = SpendKind.AUCTION

    def at(self, now: datetime) -> Decimal | None:
        return next((amount for since, amount in reversed(self.amounts) if since <= now), None)


@dataclass
class SpendWorld:
    """One account's history, its reports, and an importer that runs through it."""

    seed: int
    real: RealDashboard | None = None
    met: Counter[str] = field(default_factory=Counter)
    """What there was in it."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        chance = self.chance
        self.zone, self.currency = chance.choice(ZONES), chance.choice(sorted(CURRENCIES))
        self.clock = SimulatedClock(chance.choice(STARTS) + chance.random() * DAY)
        self.world = self.made_world()
        self.account = AdvertiserId("7000000000000003000")
        own = Advertiser(advertiser_id=self.account, name="Shop", currency=self.currency, timezone=self.zone)
        self.world.machine.set_accounts("chloe", [own])
        self.reports = TroubledReports(
            page_size=chance.choice((2, 3, 50)),
            longest_question=chance.choice((1, 4, 30)),
            invalid=frozenset({"conversions"}) if chance.random() < 0.2 else frozenset(),
        )
        self.is_cut, self.withholds_totals = chance.random() < 0.25, chance.random() < 0.3
        self.reports.list_is_whole = chance.random() < 0.6
        self.reports.before_call = self.is_asked
        self.reports.altered = self.lose
        self.reports.times_out = self.times_out
        self.losing, self.lost = 0.0, set[Key]()
        self.moving, self.away = (chance.choice((0.0, 0.0, 0.1)) for _ in range(2))
        self.world.container.reports.override(self.reports)
        self.world.container.spend_policy.override(POLICY)
        self.importer, self.spend_store = self.world.container.import_spend(), self.world.container.spend_store()
        self.history = self.made_up()
        self.changes = sorted(
            (at, number, place) for number, one in enumerate(self.history) for place, (at, _) in enumerate(one.amounts)
        )
        self.changed_at, self.changes_shown = [at for at, _, _ in self.changes], -1
        self.read_until: dict[tuple[date, SpendKind], datetime] = {}
        [self.connection] = self.world.connect("chloe", owner=ANNA)
        self.note_what_there_is()

    def made_world(self) -> SpendingWorld:
        """With a dashboard whose column takes three decimals in some worlds."""
        budget = ProcessBudget(10, self.clock)
        self.fits = self.chance.choice((THERE_FITS, 3))
        if self.real is None:
            dashboard = MemoryDashboard([ANNA])
            dashboard.decimals = self.fits
            return SpendingWorld(self.clock, given_budget=budget, dashboard=dashboard)
        theirs = self.real.database
        theirs.empty()
        theirs.do(f"ALTER TABLE ad_spend ALTER spend TYPE numeric({8 + self.fits}, {self.fits})")
        theirs.add_user(ANNA)
        return SpendingWorld(self.clock, given_budget=budget, given_mirror=self.real.mirror, given_sink=self.real.sink)

    def note_what_there_is(self) -> None:
        self.met.update((self.zone, self.currency))
        days = {self.clock.now().astimezone(ZoneInfo(self.zone)).date() + n * DAY for n in range(4)}
        changes = {START_OF_SUMMER, END_OF_SUMMER} & days if self.zone == "America/New_York" else set()
        self.met.update(f"New York on {day}" for day in changes)
        kinds = {
            "cut": self.is_cut,
            "an invalid metric": bool(self.reports.invalid),
            "too large": self.reports.longest_question < LONGEST_WINDOW,
            "no control total": self.withholds_totals,
            "GMV Max": any(one.kind is SpendKind.GMV_MAX for one in self.history),
            "in no campaign": any(one.campaign is None for one in self.history),
            "gone from a corrected day": any(amount is None for one in self.history for _, amount in one.amounts),
            "corrected weeks later": any(len(one.amounts) > 4 for one in self.history),
        }
        self.met.update(name for name, is_so in kinds.items() if is_so)

    @property
    def of(self) -> SpendAccount:
        return SpendAccount(self.connection.owner, self.account)

    def made_up(self) -> list[RowsOfDay]:
        """Campaigns that grow through a day, late figures, the correction at noon, deletions, and changes weeks later."""
        today, zone = self.clock.now().date(), ZoneInfo(self.zone)
        rows = []
        campaigns: list[str | None] = [*map(str, range(1, self.chance.randint(2, 7)))]
        kinds = [(campaign, SpendKind.AUCTION) for campaign in campaigns]
        kinds += [(None, SpendKind.AUCTION)] * (self.chance.random() < 0.3 and not self.withholds_totals)
        kinds += [("900", SpendKind.GMV_MAX)] * (self.chance.random() < 0.4)
        for back in range(-36, 14):
            day = today - back * DAY
            starts, ends = (datetime.combine(d, time(), zone).astimezone(UTC) for d in (day, day + DAY))
            noon = datetime.combine(max(ends + 2 * HOUR, datetime.combine(day + DAY, time(12), UTC)).date(), time(12), UTC)
            corrected_at = noon if noon >= ends + 2 * HOUR else noon + DAY
            for campaign, kind in kinds:
                if ends <= starts or self.chance.random() < 0.25:
                    continue
                one = RowsOfDay(campaign, day, kind=kind)
                moments = [starts + self.chance.random() * (ends - starts) for _ in range(2)]
                moments.append(ends + self.chance.random() * 2 * HOUR)
                moments.append(corrected_at + self.chance.random() * HOUR / 2)
                one.amounts = [(at, self.amount()) for at in sorted(moments)]
                if self.chance.random() < 0.1:
                    one.amounts[-1] = (one.amounts[-1][0], None)
                if self.chance.random() < 0.1:
                    one.amounts.append((ends + DAY + self.chance.randint(2, 27) * DAY, self.amount()))
                rows.append(one)
        return rows

    def amount(self) -> Decimal:
        return Decimal(self.chance.randint(1, 10**6)).scaleb(-CURRENCIES[self.currency])

    def books(self, now: datetime, kind: SpendKind) -> dict[Key, Decimal]:
        told = {(one.day, one.campaign): one.at(now) for one in self.history if one.kind is kind}
        return {key: amount for key, amount in told.items() if amount}

    def is_asked(self, name: str) -> None:
        """Now and then the next change comes just then, between two pages or two reports."""
        if name == "ordered_report":
            self.met["an ordered report"] += 1
        now, coming = self.clock.now(), bisect_right(self.changed_at, self.clock.now())
        if coming < len(self.changes) and self.chance.random() < self.moving:
            at, number, place = self.changes[coming]
            row = self.history[number]
            begins = datetime.combine(row.day, time(), ZoneInfo(self.zone))
            if begins <= now and at - now < DAY:
                row.amounts[place] = (now, row.amounts[place][1])
                self.changes[coming], self.changed_at[coming] = (now, number, place), now
                self.met["changed while it was read"] += 1
        self.show()

    def times_out(self) -> bool:
        is_away = self.chance.random() < self.away / 5
        self.met.update(["timed out"] * is_away)
        return is_away

    def show(self) -> None:
        """The platform tells what there is now, in an order that moves with the figures."""
        now = self.clock.now()
        if (changes := bisect_right(self.changed_at, now)) == self.changes_shown:
            return
        self.changes_shown = changes
        rows = [self.row(key, amount, SpendKind.AUCTION) for key, amount in self.books(now, SpendKind.AUCTION).items() if key[1]]
        apart = {key[0]: amount for key, amount in self.books(now, SpendKind.AUCTION).items() if key[1] is None}
        sold = [self.row(key, amount, SpendKind.GMV_MAX) for key, amount in self.books(now, SpendKind.GMV_MAX).items()]
        shops = {SHOP: sold} if any(one.kind is SpendKind.GMV_MAX for one in self.history) else {}
        self.reports.books = {self.account: MemoryBooks(rows, apart, shops, self.is_cut, self.withholds_totals)}

    def row(self, key: Key, amount: Decimal, kind: SpendKind) -> Spend:
        day, campaign = key
        return Spend(
            self.account, CampaignId(campaign or ""), f"C {campaign}", day, kind, self.currency, amount, clicks=1, conversions=2
        )

    def lose(self, page: ReportPage, _: int) -> ReportPage:
        """Now and then a row is lost on its way, whatever it has; nothing but the account's total tells of it. One that is lost
        in both looks at a day is told by nothing from spend in no campaign: so it is one in an import.
        """
        if self.withholds_totals or self.lost or not page.rows or self.chance.random() > self.losing:
            return page
        if self.chance.random() < 0.3:
            self.met["an absent list"] += 1
            return replace(page, rows=())
        gone = self.chance.randrange(len(page.rows))
        self.met["a lost row"] += 1
        self.lost.add((page.rows[gone].day, page.rows[gone].campaign))
        return replace(page, rows=(*page.rows[:gone], *page.rows[gone + 1 :]), total_rows=page.total_rows - 1, total_spend=None)

    def live(self) -> None:
        """Four days with an import every few hours, and a look weeks later, at each of which no settled day may be wrong."""
        self.losing = 0.05 if self.chance.random() < 0.5 else 0.0
        for _ in range(22):
            self.step(timedelta(hours=self.chance.choice((1, 3, 7))))
        self.losing = self.away = self.moving = 0.0
        for pause in (31 * DAY, 7 * HOUR, 13 * HOUR, DAY, DAY):
            self.step(pause)
        self.check_all_is_told()

    def step(self, pause: timedelta) -> None:
        self.world.pass_time(seconds=pause.total_seconds())
        self.world.sweep()
        began_at = self.clock.now()
        self.lost.clear()
        turn = self.importer(for_at_most=5 * timedelta(minutes=1))
        assert turn.readings or self.away, self.spend_store.imports()
        self.check_what_is_settled(began_at)
        self.check_what_was_lost(began_at)
        self.world.deliver()
        self.check_what_was_delivered()

    def kept(self, window: Window, kind: SpendKind) -> dict[Key, Decimal]:
        return {(row.day, row.campaign): row.spend for row in self.spend_store.rows([self.of], window, [kind])[self.of]}

    @property
    def all_days(self) -> Window:
        today = self.clock.now().date()
        return Window(today - 60 * DAY, today + DAY)

    def check_what_is_settled(self, began_at: datetime) -> None:
        """A settled day says what the platform said while it was read, and none of what comes by the correction was to come."""
        ended_at = self.clock.now()
        for kind in SpendKind:
            kept = self.kept(self.all_days, kind)
            for one in self.spend_store.days([self.of], self.all_days, [kind])[self.of]:
                assert one.proof is not None
                if not one.state.is_closed or one.proof.flaw is not None:
                    continue
                if one.proof.read_at >= began_at:
                    self.read_until[one.day, kind] = ended_at
                last = self.read_until.get((one.day, kind), ended_at)
                mine = {key: amount for key, amount in kept.items() if key[0] == one.day}
                for key in self.keys(one.day, kind) | mine.keys():
                    assert mine.get(key) in self.moments(key, kind, one.proof.read_at, last), (self.seed, one, key)
                ordinary = [r.amounts[min(3, len(r.amounts) - 1)][0] for r in self.history if (r.day, r.kind) == (one.day, kind)]
                assert max(ordinary, default=one.proof.read_at) <= one.proof.read_at, (self.seed, one)

    def check_what_was_lost(self, began_at: datetime) -> None:
        """The very reading that lost a row has it all the same, or does not call the day whole."""
        kept = self.kept(self.all_days, SpendKind.AUCTION)
        days = {one.day: one for one in self.spend_store.days([self.of], self.all_days, [SpendKind.AUCTION])[self.of]}
        for key in self.lost:
            day = days.get(key[0])
            if day is None or day.proof is None or day.proof.read_at < began_at or day.flaw is not None:
                continue
            assert kept.get(key) in self.moments(key, SpendKind.AUCTION, began_at, self.clock.now()), (self.seed, key)

    def check_what_was_delivered(self) -> None:
        """What the dashboard adds up is what we keep of the auction, day by day, and what the books say of what is settled."""
        kept = self.kept(self.all_days, SpendKind.AUCTION)
        theirs = self.real.database if self.real else self.world.dashboard
        days_there = theirs.spend_of(self.connection.id)
        there = {(day, row.campaign or None): row.spend for day, rows in days_there.items() for row in rows if row.spend}
        days = {one.day: one for one in self.spend_store.days([self.of], self.all_days, [SpendKind.AUCTION])[self.of]}
        unfit = {day for (day, _), amount in kept.items() if round(amount, self.fits) != amount}
        assert {day for day, _ in there} <= days.keys(), self.seed
        for day, state in days.items():
            ours = {key: amount for key, amount in kept.items() if key[0] == day and amount}
            if day not in unfit and state.state.is_whole:
                assert {key: amount for key, amount in there.items() if key[0] == day} == ours, (self.seed, state)
                self.met["a day that is there as ours"] += 1
            elif day in unfit:
                self.met["a day that does not fit"] += 1

    def keys(self, day: date, kind: SpendKind) -> set[Key]:
        return {(one.day, one.campaign) for one in self.history if (one.day, one.kind) == (day, kind)}

    def moments(self, key: Key, kind: SpendKind, first: datetime, last: datetime) -> set[Decimal | None]:
        """All that the platform said of it in this time."""
        rows = [one for one in self.history if (one.day, one.campaign, one.kind) == (*key, kind)]
        return {one.at(at) for one in rows for at in (first, *(a for a, _ in one.amounts if first <= a <= last))} or {None}

    def check_all_is_told(self) -> None:
        """In the end the last days are all there and settled, with what the books say, or said a day ago."""
        today = self.clock.now().astimezone(ZoneInfo(self.zone)).date()
        window = Window(today - 8 * DAY, today - 3 * DAY)
        days = self.spend_store.days([self.of], window, [SpendKind.AUCTION])[self.of]
        assert [one.day for one in days] == list(window.days), (self.seed, days)
        assert {one.state for one in days} <= {DayState.SETTLED, DayState.RESTATED}, (self.seed, days)
        now = self.clock.now()
        for kind in SpendKind:
            kept = self.kept(window, kind)
            for day in window.days:
                for key in self.keys(day, kind) | {key for key in kept if key[0] == day}:
                    assert kept.get(key) in self.moments(key, kind, now - STALE, now), (self.seed, key)
