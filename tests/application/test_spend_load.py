"""An import of many accounts uses the calls that are to spare, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from adapters.budget.process_budget import ProcessBudget
from adapters.memory.spend_reports import MemoryBooks, MemorySpendReports
from application.ports.budget import Lane
from domain.ids import CampaignId, OwnerId
from domain.pacing import PEOPLES_TURN, SLACK
from domain.spend import Spend, SpendKind
from support.simulator_as_ad_platform import APP
from support.world import SimulatedClock, World

QPS, DAYS = 10, 90


def test_ninety_days_of_many_accounts_take_little_longer_than_their_calls_and_delay_nobody(
    *, long: bool, tell: Callable[[object], None]
) -> None:
    """At length: two thousand accounts of fifty campaigns."""
    owners, campaigns = (500, 50) if long else (10, 3)
    clock = SimulatedClock()
    budget, reports = ProcessBudget(QPS, clock), MemorySpendReports()
    world = World(clock, given_budget=budget)
    world.container.reports.override(reports)
    today, amount = clock.now().date(), Decimal("1.25")
    connections = {c.advertiser.id: c for number in range(owners) for c in world.connect("ana", owner=OwnerId(f"u{number}"))}
    for account in connections:
        reports.books[account] = MemoryBooks(
            [
                Spend(account, CampaignId(str(c)), "", today - timedelta(days=ago), SpendKind.AUCTION, "EUR", amount)
                for ago in range(DAYS)
                for c in range(campaigns)
            ]
        )
    clock.advance(timedelta(minutes=5))
    waits = list[timedelta]()

    def click(_: str) -> None:
        if len(reports.calls) % 25 == 0:
            waits.append(budget.take(APP, 1, Lane.PEOPLE, within=timedelta(seconds=2)).wait)

    reports.before_call = click
    began_at = clock.now()
    turn = world.container.import_spend()(for_at_most=timedelta(days=2))
    took, calls = clock.now() - began_at, len(reports.calls) + len(waits)
    bound = timedelta(seconds=calls * SLACK / QPS * PEOPLES_TURN / (PEOPLES_TURN - 1))
    tell({"accounts": owners * 4, "calls": calls, "took": str(took), "bound": str(bound), "longest click": str(max(waits))})
    assert turn.failures == 0
    backs = {one.progress.read_back_to for one in world.container.spend_store().imports()}
    assert backs <= {today - timedelta(days=ago) for ago in (DAYS - 2, DAYS - 1, DAYS)}  # by their time zones
    assert took <= 1.2 * bound
    assert max(waits) <= timedelta(seconds=2 * SLACK / QPS)
