"""How rows of spend are looked up; and counted and added up by the database, which is quicker than to load each of them."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from adapters.sql.spend_rows import IN_NO_CAMPAIGN
from adapters.sql.spend_tables import spend_accounts, spend_campaigns, spend_rows
from application.ports.spend_store import SpendAccount
from domain.ids import CampaignId
from domain.spend import SpendKind, SpendTotals
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn, SpendLine

Numbers = dict[int, SpendAccount]
"""Which account each number stands for."""

account, row, named = spend_accounts.c, spend_rows.c, spend_campaigns.c


def account_of(row: Any) -> SpendAccount:  # noqa: ANN401 (a row with an owner and an account)
    """The account that a row is of."""
    return SpendAccount(row.owner, row.account)


def look_up(
    connection: Connection,
    accounts: Collection[SpendAccount],
    query: Any,  # noqa: ANN401 (a select of whatever columns)
    of: Any,  # noqa: ANN401 (a table's columns)
    window: Window,
    kinds: Collection[SpendKind],
) -> tuple[dict[int, SpendAccount], Sequence[Row[Any]]]:
    """Rows of these accounts, days and kinds, and which account each number stands for."""
    numbers = numbers_of(connection, accounts)
    chosen = and_(
        of.account_number.in_(numbers),
        of.day.between(window.first, window.last),
        of.kind.in_([kind.value for kind in kinds]),
    )
    return numbers, connection.execute(query.where(chosen)).all()


def numbers_of(connection: Connection, accounts: Collection[SpendAccount]) -> dict[int, SpendAccount]:
    """Which of these accounts each number stands for."""
    chosen = set(accounts)
    owners = {one.owner for one in chosen}
    rows = connection.execute(select(account.number, account.owner, account.account).where(account.owner.in_(owners)))
    return {one.number: of for one in rows if (of := account_of(one)) in chosen}


def counts_by_day(connection: Connection, numbers: Numbers, window: Window, kind: SpendKind) -> dict[date, int]:
    """How many rows each day has."""
    query = select(row.day, func.count().label("rows")).where(are_of(numbers, window, kind)).group_by(row.day)
    return {one.day: one.rows for one in connection.execute(query)}


def sums(
    connection: Connection, numbers: Numbers, window: Window, kind: SpendKind, columns: Collection[SpendColumn]
) -> dict[SpendAccount, list[SpendLine]]:
    """The lines of each account, by day and campaign."""
    by = [row.day] if SpendColumn.DAY in columns else []
    by += [row.campaign] if SpendColumn.CAMPAIGN in columns else []
    figures = (row.spend, row.impressions, row.clicks, row.conversions, row.purchases, row.purchase_value)
    added = [func.sum(figure, type_=figure.type).label(figure.name) for figure in figures]
    query = select(row.account_number, *by, row.currency, *added).where(are_of(numbers, window, kind))
    grouped = query.group_by(row.account_number, *by, row.currency).order_by(row.account_number, *by, row.currency)
    names = names_of(connection, numbers, kind) if SpendColumn.CAMPAIGN in columns else {}
    lines: dict[SpendAccount, list[SpendLine]] = {of: [] for of in numbers.values()}
    for one in connection.execute(grouped):
        of = numbers[one.account_number]
        campaign = one.campaign if SpendColumn.CAMPAIGN in columns else IN_NO_CAMPAIGN
        lines[of].append(
            SpendLine(
                day=one.day if SpendColumn.DAY in columns else None,
                account=of.account,
                campaign=CampaignId(campaign) if campaign else None,
                campaign_name=names.get((one.account_number, campaign), ""),
                currency=one.currency,
                figures=totals_of(one),
            )
        )
    return lines


def names_of(connection: Connection, numbers: Numbers, kind: SpendKind) -> dict[tuple[int, str], str]:
    """What campaigns are called, by account and id."""
    query = select(named.account_number, named.campaign, named.name).where(
        named.account_number.in_(numbers), named.kind == kind.value
    )
    return {(one.account_number, one.campaign): one.name for one in connection.execute(query)}


def totals_of(sums: Any) -> SpendTotals:  # noqa: ANN401 (a row with sums under the names of figures)
    """Figures added up. PostgreSQL adds up whole numbers as decimal ones."""
    counts = (sums.impressions, sums.clicks, sums.conversions, sums.purchases)
    impressions, clicks, conversions, purchases = (None if count is None else int(count) for count in counts)
    return SpendTotals(sums.spend, impressions, clicks, conversions, purchases, sums.purchase_value)


def are_of(numbers: Numbers, window: Window, kind: SpendKind) -> ColumnElement[bool]:
    """Whether rows are of these accounts, days and kind."""
    return and_(row.account_number.in_(numbers), row.day.between(window.first, window.last), row.kind == kind.value)
