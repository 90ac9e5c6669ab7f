"""The command `spend show`."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime

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


@click.command()
@click.option("--user", metavar="ID", help="The accounts of this user of the dashboard alone.")
@span_options
@click.option("--csv", "as_csv", is_flag=True, help="As CSV.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(user: str | None, first: datetime | None, last: datetime | None, *, as_csv: bool, as_json: bool) -> None:
    """Show what was imported, by day and campaign: the last seven days unless told otherwise."""
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude one another.")
    container = ready(configured())
    try:
        days = span(first, last, today=container.clock().now().date(), days=USUAL_DAYS)
        rows = list(rows_of(container, OwnerId(user) if user else None, days))
    finally:
        container.database().dispose()
    if as_json:
        click.echo(json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows]))
    elif as_csv:
        click.echo(in_csv(rows), nl=False)
    else:
        for row in rows:
            click.echo("  ".join("-" if value is None else str(value) for value in row))
        click.echo(f"{len(rows)} rows from {days.first} to {days.last}")


def rows_of(container: Container, owner: OwnerId | None, days: Window) -> Iterator[tuple[str | int | None, ...]]:
    """Each row of spend, in the order of `COLUMNS`. Raises StoreUnavailable."""
    accounts = [one.of for one in container.spend_store().imports(owner)]
    for of, rows in container.spend_store().rows(accounts, days).items():
        yield from ((of.owner, *values_of(row)) for row in rows)


def values_of(row: Spend) -> tuple[str | int | None, ...]:
    """A row's figures; money is text, exactly as it is kept."""
    names = (row.account, row.day.isoformat(), row.kind.value, row.campaign, row.campaign_name)
    return (*names, f"{row.spend:f}", row.currency, row.impressions, row.clicks, row.conversions)


def in_csv(rows: list[tuple[str | int | None, ...]]) -> str:
    """With a line of names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue()


def harmless(value: str | int | None) -> str | int | None:
    """A name that a spreadsheet would take for a formula is led by an apostrophe."""
    is_formula = isinstance(value, str) and value.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value
