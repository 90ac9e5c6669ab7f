"""What can happen to two people, their spend and two databases: ours, and the dashboard's real PostgreSQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from adapters.wab.connection_mirror import WabConnectionMirror
from adapters.wab.spend_sink import WabSpendSink
from application.ports.connection_mirror import MirrorUnavailable
from application.ports.spend_sink import DeliveryReport
from application.ports.spend_store import SpendAccount
from application.rotation.permit_turn import never
from domain.advertiser import Connection
from domain.delivered_spend import DaysToDeliver
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_look import MirrorIdentity
from entrypoints.settings import Settings
from entrypoints.testing import ApplicationOverMemory
from support.builders import DAY, HOUR, MINUTE
from support.dashboard_database import ANNA, BEN, DashboardDatabase, WholeBackup
from support.databases import Kept
from support.mirrored_world_with_spend import SpendingWorld
from support.simulator_as_ad_platform import SimulatorAsAdPlatform

FIRST = date(2029, 12, 1)
OWNERS, CURRENCIES = (ANNA, BEN), ("GBP", "JPY")
"""Each has an account in each currency."""

LIKELIHOODS = {
    "reads": 8,
    "turn": 8,
    "disconnects": 2,
    "connects": 4,
    "row_is_deleted": 1,
    "answer_is_lost": 2,
    "goes_away": 1,
    "away_for_a_day": 1,
    "comes_back": 3,
    "process_restarts": 1,
    "backup_is_made": 2,
    "backup_is_restored": 1,
    "rebuild": 1,
}
"""What can happen, each the name of a method below."""

TWICE = """
SELECT c.user_id, c.account_id, s.campaign_id, s.date FROM ad_spend s JOIN ad_platform_connections c ON c.id = s.connection_id
GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
"""
"""Under whichever row of the account."""


class LosesAnswers(WabSpendSink):
    """Delivers, and is not told so."""

    answers_to_lose = 0

    def deliver(self, connection: ConnectionId, days: Callable[[MirrorIdentity], DaysToDeliver | None]) -> DeliveryReport:
        report = super().deliver(connection, days)
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            raise MirrorUnavailable("the answer was lost")
        return report


@dataclass
class StoredSpendingWorld(SpendingWorld):
    """Over a whole database of ours."""

    kept: Kept | None = None

    def over(self, settings: Settings, **more: object) -> ApplicationOverMemory[SimulatorAsAdPlatform]:
        kept = self.kept
        assert kept is not None
        stored = {"spend_store": kept.spend, "spend_deliveries": kept.deliveries}
        return super().over(settings, outbox_feed=kept.feed, heartbeats=kept.heartbeats, **stored, **more)


class SpendSchedule:
    """Steps; after each no day is there twice."""

    def __init__(self, kept: Kept, dashboard: DashboardDatabase) -> None:
        dashboard.empty()
        self.kept, self.dashboard, self.sink = kept, dashboard, LosesAnswers(dashboard.url)
        self.mirror = WabConnectionMirror(dashboard.url)
        for owner in OWNERS:
            dashboard.add_user(owner)
        self.world = StoredSpendingWorld(
            clock=kept.clock,
            store=kept.store,
            claims=kept.claims,
            ids=kept.ids,
            given_tallies=kept.tallies,
            given_fleet=kept.fleet,
            given_mirror=self.mirror,
            given_sink=self.sink,
            kept=kept,
        )
        self.connections = dict[tuple[OwnerId, AdvertiserId], Connection]()
        self.books = dict[SpendAccount, dict[date, Mapping[str, Decimal]]]()
        self.backup: WholeBackup | None = None
        self.is_restored = False
        """Whether what is there may be older than what we know of it: then an operator rebuilds."""
        for which in range(len(OWNERS)):
            self.connects(which)

    def happens(self, name: str, which: int) -> None:
        getattr(self, name)(which)
        assert self.dashboard.ask(TWICE) == [], "a day is there twice"

    def one(self, which: int) -> Connection | None:
        connections = [self.connections[key] for key in sorted(self.connections)]
        return connections[which % len(connections)] if connections else None

    def currency_of(self, account: AdvertiserId) -> str:
        return CURRENCIES[[one.advertiser_id for one in self.world.machine.accounts("ana")].index(account)]

    # what people do

    def connects(self, which: int) -> None:
        owner = OWNERS[which % len(OWNERS)]
        for connection in self.world.connect("ana", 0, 1, owner=owner):
            self.connections[owner, connection.advertiser.id] = connection
            self.kept.spend.follow([SpendAccount(owner, connection.advertiser.id)])

    def disconnects(self, which: int) -> None:
        if connection := self.one(which):
            del self.connections[connection.owner, connection.advertiser.id]
            self.world.disconnect(connection.owner, connection.id)
            self.kept.spend.leave(SpendAccount(connection.owner, connection.advertiser.id))

    def row_is_deleted(self, which: int) -> None:
        """The dashboard's own Disconnect."""
        if connection := self.one(which):
            self.dashboard.delete_row(connection.id)

    # what processes do

    def reads(self, which: int) -> None:
        """Two days as the platform has them now: corrected, with campaigns that are new, or deleted, or with none."""
        if connection := self.one(which):
            currency = self.currency_of(connection.advertiser.id)
            decimals = f".{which % 10}5" if currency == "GBP" else ""
            days = {
                FIRST + (which + ago) % 5 * DAY: {str(c): f"{which + c}{decimals}" for c in range((which + ago) % 3)}
                for ago in (0, 1)
            }
            self.world.read(connection, days, currency=currency)
            of = SpendAccount(connection.owner, connection.advertiser.id)
            read = {day: {campaign: Decimal(amount) for campaign, amount in rows.items()} for day, rows in days.items()}
            self.books.setdefault(of, {}).update(read)

    def turn(self, which: int) -> None:
        self.world.clock.advance((which + 1) * MINUTE)
        self.world.turn()

    def process_restarts(self, _: int) -> None:
        self.world.container.deliver_spend.reset()
        self.world.container.keep_mirror.reset()
        self.world.deliver_spend = self.world.container.deliver_spend()

    # what goes wrong

    def answer_is_lost(self, _: int) -> None:
        self.sink.answers_to_lose += 1

    def goes_away(self, _: int) -> None:
        """Connections end, and are refused."""
        self.dashboard.let_in(allowed=False)

    def comes_back(self, _: int) -> None:
        self.dashboard.let_in(allowed=True)
        self.sink.answers_to_lose = 0

    def away_for_a_day(self, which: int) -> None:
        """With readings all the while, one person who disconnects, and one who connects."""
        self.goes_away(which)
        for hour in range(0, 24, 4):
            self.world.clock.advance(4 * HOUR)
            self.reads(which + hour)
            if hour == which % 24:
                self.disconnects(which)
            if hour == (which + 8) % 24:
                self.connects(which)
            self.world.turn()
        self.comes_back(which)

    def backup_is_made(self, _: int) -> None:
        self.backup = self.dashboard.whole_backup()

    def backup_is_restored(self, _: int) -> None:
        """Into the tables that there are, so that nothing but the rows themselves tells of it."""
        if self.backup is not None:
            self.dashboard.restore_whole(self.backup)
            self.is_restored = True

    # what operators do

    def rebuild(self, _: int = 0) -> None:
        if self.dashboard.is_open:
            rebuild = self.world.container.rebuild_mirror()
            rebuild.apply(rebuild.plan(), stopping=never)
            self.is_restored = False

    def ends(self) -> None:
        """Trouble ends, all connect, and everything that was read is there."""
        self.comes_back(0)
        if self.world.note.frozen or self.is_restored:
            self.rebuild()
        for which in range(len(OWNERS)):
            self.connects(which)
        for _ in range(4):
            self.world.clock.advance(10 * MINUTE)
            self.world.deliver()
        assert not self.kept.deliveries.accounts()
        self.check_books()

    def check_books(self) -> None:
        """The table of the dashboard's is ours, day by day, and nothing else is in it."""
        for (owner, account), connection in self.connections.items():
            days = self.dashboard.spend_of(connection.id)
            there = {day: {row.campaign: row.spend for row in rows} for day, rows in days.items()}
            books = self.books.get(SpendAccount(owner, account), {})
            assert there == {day: rows for day, rows in books.items() if any(rows.values())}
            assert {row.currency for rows in days.values() for row in rows} <= {self.currency_of(account)}
        of_ours = {connection.id for connection in self.connections.values()}
        assert {row for [row] in self.dashboard.ask("SELECT DISTINCT connection_id::text FROM ad_spend")} <= of_ours

    def close(self) -> None:
        self.sink.dispose()
        self.mirror.dispose()
