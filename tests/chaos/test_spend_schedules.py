"""Random schedules of readings, deliveries and people, over the dashboard's real PostgreSQL: every day is there once, as read.

Short: a few schedules, the same ones each time. `--long`: 200, other ones each time; a failure prints what repeats it.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.wab.connection_mirror import WabConnectionMirror
from adapters.wab.spend_sink import WabSpendSink
from application.ports.connection_mirror import MirrorUnavailable
from application.ports.spend_sink import DeliveryReport
from application.ports.spend_store import SpendAccount
from application.rotation.permit_turn import never
from domain.advertiser import Connection
from domain.delivered_spend import DaysToDeliver
from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import MirrorIdentity
from support.builders import DAY, MINUTE
from support.dashboard_database import ANNA, BEN, DashboardDatabase
from support.mirrored_world_with_spend import SpendingWorld

FIRST = date(2029, 12, 1)
LIKELIHOODS = {
    "reads": 8,
    "turn": 8,
    "disconnects": 2,
    "connects": 4,
    "row_is_deleted": 1,
    "answer_is_lost": 2,
    "goes_away": 1,
    "comes_back": 3,
    "process_restarts": 1,
    "rebuild": 1,
}
STEPS = st.tuples(st.sampled_from([name for name, times in LIKELIHOODS.items() for _ in range(times)]), st.integers(0, 29))
TWICE = "SELECT connection_id, campaign_id, date FROM ad_spend GROUP BY 1, 2, 3 HAVING count(*) > 1"


class TroubledSink(WabSpendSink):
    """Loses answers, or is away."""

    away, answers_to_lose = False, 0

    def deliver(self, connection: ConnectionId, days: Callable[[MirrorIdentity], DaysToDeliver | None]) -> DeliveryReport:
        if self.away:
            raise MirrorUnavailable("away")
        report = super().deliver(connection, days)
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            raise MirrorUnavailable("the answer was lost")
        return report


class Schedule:
    """What can happen to two people and their spend."""

    def __init__(self, dashboard: DashboardDatabase) -> None:
        dashboard.empty()
        self.dashboard, self.sink = dashboard, TroubledSink(dashboard.url)
        self.mirror = WabConnectionMirror(dashboard.url)
        for owner in (ANNA, BEN):
            dashboard.add_user(owner)
        self.world = SpendingWorld(given_mirror=self.mirror, given_sink=self.sink)
        self.connections = dict[OwnerId, Connection]()
        self.books: dict[OwnerId, dict[date, dict[str, Decimal]]] = {ANNA: {}, BEN: {}}
        for which in range(2):
            self.connects(which)

    def happens(self, name: str, which: int) -> None:
        getattr(self, name)(which)
        assert self.dashboard.ask(TWICE) == [], "a day is there twice"

    def connects(self, which: int) -> None:
        owner = (ANNA, BEN)[which % 2]
        [self.connections[owner]] = self.world.connect("chloe", owner=owner)
        self.world.spend_store.follow([SpendAccount(owner, self.connections[owner].advertiser.id)])

    def disconnects(self, which: int) -> None:
        if connection := self.connections.pop((ANNA, BEN)[which % 2], None):
            self.world.disconnect(connection.owner, connection.id)
            self.world.spend_store.leave(SpendAccount(connection.owner, connection.advertiser.id))

    def reads(self, which: int) -> None:
        owner = (ANNA, BEN)[which % 2]
        if connection := self.connections.get(owner):
            days = {FIRST + (which + ago) % 5 * DAY: {str(c): f"{which}.{c}" for c in range((which + ago) % 3)} for ago in (0, 1)}
            self.world.read(connection, days)
            self.books[owner] |= {day: {c: Decimal(a) for c, a in of_day.items()} for day, of_day in days.items()}

    def turn(self, which: int) -> None:
        self.world.clock.advance((which + 1) * MINUTE)
        self.world.turn()

    def row_is_deleted(self, which: int) -> None:
        if connection := self.connections.get((ANNA, BEN)[which % 2]):
            self.dashboard.delete_row(connection.id)

    def answer_is_lost(self, _: int) -> None:
        self.sink.answers_to_lose += 1

    def goes_away(self, _: int) -> None:
        self.sink.away = True

    def comes_back(self, _: int) -> None:
        self.sink.away, self.sink.answers_to_lose = False, 0

    def process_restarts(self, _: int) -> None:
        self.world.container.deliver_spend.reset()
        self.world.container.keep_mirror.reset()
        self.world.deliver_spend = self.world.container.deliver_spend()

    def rebuild(self, _: int) -> None:
        rebuild = self.world.container.rebuild_mirror()
        rebuild.apply(rebuild.plan(), stopping=never)

    def ends(self) -> None:
        """Trouble ends, both connect, and everything that was read is there."""
        self.comes_back(0)
        if self.world.note.frozen:
            self.rebuild(0)
        for which in range(2):
            self.connects(which)
        for _ in range(4):
            self.world.clock.advance(10 * MINUTE)
            self.world.deliver()
        assert not self.world.waits()
        for owner, connection in self.connections.items():
            days = self.dashboard.spend_of(connection.id)
            there = {day: {row.campaign: row.spend for row in rows} for day, rows in days.items()}
            assert there == {day: of_day for day, of_day in self.books[owner].items() if any(of_day.values())}

    def close(self) -> None:
        self.sink.dispose()
        self.mirror.dispose()


@pytest.mark.timeout(3600)
def test_every_day_is_there_once_whatever_happens(
    dashboard: DashboardDatabase, *, long: bool, tell: Callable[[object], None]
) -> None:
    told = Counter[str]()

    @settings(
        max_examples=200 if long else 6,
        derandomize=not long,
        deadline=None,
        database=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink] if long else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEPS, min_size=10, max_size=30))
    def carried_out(steps: list[tuple[str, int]]) -> None:
        schedule = Schedule(dashboard)
        try:
            for name, which in steps:
                told[name] += 1
                schedule.happens(name, which)
            schedule.ends()
        finally:
            schedule.close()

    carried_out()
    tell(dict(told))
