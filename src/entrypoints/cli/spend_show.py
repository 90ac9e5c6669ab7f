"""The command `spend show`."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import click

from domain.ids import OwnerId
from domain.spend import NUMBER, Spend
from domain.spend_calendar import Window
from entrypoints.cli.configuration import configured, ready
from entrypoints.cli.spans_of_days import span, span_options
from entrypoints.container import Container

USUAL_DAYS = 7
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "user",
    "account",
    "date",
    "kind",
    "campaignId",
    "campaignName",
    "spend",
    "currency",
    "impressions",
    "clicks",
    "conversions",
)
CHANGE_COLUMNS = (
    "user",
    "account",
    "date",
    "kind",
    "noticedAt",
    "spendBefore",
    "spendAfter",
    "claimedValueBefore",
    "claimedValueAfter",
    "campaignsChanged",
)
MOST_CHANGES = 10_000
"""The newest ones: who wants others asks for fewer days."""

Row = tuple[str | int | None, ...]


@click.command()
@click.option("--user", metavar="ID", help="The accounts of this user of the dashboard alone.")
@span_options
@click.option("--changes", is_flag=True, help="What TikTok changed of days that had ended and were read before.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(user: str | None, first: datetime | None, last: datetime | None, *, changes: bool, as_csv: bool, as_json: bool) -> None:
    """Show what was imported, by day and campaign: the last seven days unless told otherwise."""
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude one another.")
    container = ready(configured())
    columns, rows_of = (CHANGE_COLUMNS, changes_of) if changes else (COLUMNS, spend_of)
    try:
        days = span(first, last, today=container.clock().now().date(), days=USUAL_DAYS)
        rows = list(rows_of(container, OwnerId(user) if user else None, days))
    finally:
        container.database().dispose()
    if as_json:
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows]))
    elif as_csv:
        click.echo(in_csv(columns, rows), nl=False)
    else:
        for row in rows:
            click.echo("  ".join("-" if value is None else str(value) for value in row))
        click.echo(f"{len(rows)} {'changes' if changes else 'rows'} from {days.first} to {days.last}")


def changes_of(container: Container, owner: OwnerId | None, days: Window) -> Iterator[Row]:
    """What later readings changed, the newest first, in the order of `CHANGE_COLUMNS`. Raises StoreUnavailable."""
    accounts = [one.of for one in container.spend_store().imports(owner)]
    for of, one in container.spend_store().restatements(accounts, days, most=MOST_CHANGES):
        at = one.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        figures = (one.before.spend, one.after.spend, one.before.purchase_value, one.after.purchase_value)
        amounts = (None if amount is None else f"{amount.normalize():f}" for amount in figures)
        yield of.owner, of.account, one.day.isoformat(), one.kind.value, at, *amounts, one.campaigns_changed


def spend_of(container: Container, owner: OwnerId | None, days: Window) -> Iterator[Row]:
    """Each row of spend, in the order of `COLUMNS`. Raises StoreUnavailable."""
    accounts = [one.of for one in container.spend_store().imports(owner)]
    for of, rows in container.spend_store().rows(accounts, days).items():
        yield from ((of.owner, *values_of(row)) for row in rows)


def values_of(row: Spend) -> Row:
    """A row's figures; money is text, exactly as it is kept."""
    names = (row.account, row.day.isoformat(), row.kind.value, row.campaign, row.campaign_name)
    return (*names, f"{row.spend:f}", row.currency, row.impressions, row.clicks, row.conversions)


def in_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """With a line of names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue()


def harmless(value: str | int | None) -> str | int | None:
    """A name that a spreadsheet would take for a formula is led by an apostrophe."""
    is_formula = isinstance(value, str) and value.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value
