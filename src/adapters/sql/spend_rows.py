"""Spend, days and changes as rows, and rows as these."""

from typing import Any

from sqlalchemy import Row

from adapters.sql.grant_rows import Columns
from domain.ids import AdvertiserId, CampaignId
from domain.spend import Spend, SpendKind
from domain.spend_day import AccountDay, DayState, Flaw, Restatement

IN_NO_CAMPAIGN = ""


def row_of_day(number: int, day: AccountDay) -> Columns:
    """A day but for its rows of spend."""
    return {
        **key_of(number, day),
        "state": day.state.value,
        "flaw": day.flaw.value if day.flaw else None,
        "was_settled": day.was_settled,
        "proof": day.proof,
    }


def day_of(account: AdvertiserId, row: Row[Any]) -> AccountDay:
    """The day that a row is."""
    flaw = Flaw(row.flaw) if row.flaw else None
    return AccountDay(account, SpendKind(row.kind), row.day, DayState(row.state), row.proof, flaw, row.was_settled)


def row_of_spend(number: int, spend: Spend) -> Columns:
    """A row of spend but for its campaign's name."""
    return {
        **key_of(number, spend),
        "campaign": spend.campaign or IN_NO_CAMPAIGN,
        "currency": spend.currency,
        "spend": spend.spend,
        "impressions": spend.impressions,
        "clicks": spend.clicks,
        "conversions": spend.conversions,
        "purchases": spend.purchases,
        "purchase_value": spend.purchase_value,
    }


def spend_of(account: AdvertiserId, row: Row[Any]) -> Spend:
    """Of a row with its campaign's name."""
    return Spend(
        account,
        CampaignId(row.campaign) if row.campaign else None,
        row.name or "",
        row.day,
        SpendKind(row.kind),
        row.currency,
        row.spend,
        row.impressions,
        row.clicks,
        row.conversions,
        row.purchases,
        row.purchase_value,
    )


def row_of_restatement(number: int, change: Restatement) -> Columns:
    """What changed of a day."""
    return {
        **key_of(number, change),
        "at": change.at,
        "before": change.before,
        "after": change.after,
        "campaigns_changed": change.campaigns_changed,
    }


def restatement_of(account: AdvertiserId, row: Row[Any]) -> Restatement:
    """The change that a row is."""
    return Restatement(account, SpendKind(row.kind), row.day, row.at, row.before, row.after, row.campaigns_changed)


def key_of(number: int, what: AccountDay | Spend | Restatement) -> Columns:
    """What all rows of a day have in common."""
    return {"account_number": number, "kind": what.kind.value, "day": what.day}
