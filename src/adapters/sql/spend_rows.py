"""Spend, days and changes as rows, and rows as these."""

from typing import Any

from sqlalchemy import Row

from adapters.sql.grant_rows import Columns
from adapters.sql.spend_tables import spend_campaigns, spend_rows
from domain.ids import AdvertiserId
from domain.spend import Spend, SpendKind
from domain.spend_day import AccountDay, DayState, Flaw, Restatement

IN_NO_CAMPAIGN = ""

KINDS = {kind.value: kind for kind in SpendKind}

SPEND_COLUMNS = (
    spend_rows.c.account_number,
    spend_rows.c.kind,
    spend_rows.c.day,
    spend_rows.c.campaign,
    spend_campaigns.c.name,
    spend_rows.c.currency,
    spend_rows.c.spend,
    spend_rows.c.impressions,
    spend_rows.c.clicks,
    spend_rows.c.conversions,
    spend_rows.c.purchases,
    spend_rows.c.purchase_value,
)
"""Of a row of spend and its campaign's name: `Spend` in its own order, after the account's number."""


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


def spend_of(account: AdvertiserId, row: Any) -> Spend:  # noqa: ANN401 (a row, whose columns no type names)
    """Of a row of `SPEND_COLUMNS` but the first, with its campaign's name. There may be a hundred thousand."""
    _, kind, day, campaign, name, currency, *figures = row
    return Spend(account, campaign or None, name or "", day, KINDS.get(kind) or SpendKind(kind), currency, *figures)


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
