"""Spend without its campaigns, for spans of which not each row is needed: the database adds up."""

from collections.abc import Mapping, Sequence

from application.ports.spend_store import SpendAccount, SpendStore
from domain.ids import CampaignId
from domain.spend import Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn


def days_added_up(
    spend_store: SpendStore, accounts: Sequence[SpendAccount], window: Window, kind: SpendKind
) -> Mapping[SpendAccount, Sequence[Spend]]:
    """One row for each account, day and currency. Raises StoreUnavailable."""
    lines = spend_store.lines(accounts, window, kind, {SpendColumn.DAY})
    return {of: [line.of_day(of.account, kind) for line in days] for of, days in lines.items()}


def campaign_names(
    spend_store: SpendStore, accounts: Sequence[SpendAccount], window: Window, kind: SpendKind
) -> list[Mapping[CampaignId, str]]:
    """What the window's campaigns of each account are called. Raises StoreUnavailable."""
    campaigns = spend_store.lines(accounts, window, kind, {SpendColumn.CAMPAIGN})
    return [{line.campaign: line.campaign_name for line in campaigns[of] if line.campaign} for of in accounts]
