"""Spend that was read, put into a store without an import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from application.ports.spend_store import SpendAccount, SpendStoreOfAllOwners
from domain.ids import AdvertiserId, CampaignId
from domain.spend import Spend, SpendKind
from domain.spend_day import AccountDay, DayProof, DayState, DayUpdate, Flaw
from domain.spend_plan import ImportProgress, Purpose
from support.builders import HOUR, MINUTE


def spent(
    account: AdvertiserId,
    day: date,
    amount: str,
    *,
    campaign: str | None = "11",
    currency: str = "EUR",
    kind: SpendKind = SpendKind.AUCTION,
    value: str | None = None,
    name: str = "Spring",
) -> Spend:
    """What a campaign spent on a day."""
    worth = None if value is None else Decimal(value)
    campaign_id = None if campaign is None else CampaignId(campaign)
    named = name if campaign else ""
    return Spend(account, campaign_id, named, day, kind, currency, Decimal(amount), 1000, 10, purchase_value=worth)


def read_into(
    store: SpendStoreOfAllOwners,
    of: SpendAccount,
    rows: Iterable[Spend],
    *,
    at: datetime,
    days: Iterable[date] = (),
    state: DayState = DayState.SETTLED,
    flaw: Flaw | None = None,
    back_to: date | None = None,
) -> None:
    """Rows and days as an import leaves them: `days` were read, and have no rows but these."""
    rows = list(rows)
    store.follow([of])
    claim = store.take(of, lease=MINUTE)
    assert claim is not None
    kept = {(row.day, row.kind) for row in rows} | {(day, SpendKind.AUCTION) for day in days}
    updates = [
        DayUpdate(
            AccountDay(of.account, kind, day, state, DayProof(at, Decimal(0), None, 1, flaw), flaw, was_settled=state.is_closed),
            tuple(row for row in rows if (row.day, row.kind) == (day, kind)),
        )
        for day, kind in sorted(kept, key=lambda one: (one[0], one[1].value))
    ]
    assert store.replace(claim, updates)
    progress = replace(
        ImportProgress(), read_back_to=back_to or min(day for day, _ in kept), recent_read_at=at, lookback_read_at=at
    )
    assert store.settle(claim, progress, due_at=at + HOUR, purpose=Purpose.RECENT)
