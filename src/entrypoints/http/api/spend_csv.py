"""Spend as CSV: the rows of the answer, a column each field, written as they come."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from entrypoints.http.api.spend_bodies import SpendRow

CSV = "text/csv"
ORDER = (
    "date",
    "connectionId",
    "accountId",
    "campaignId",
    "campaignName",
    "spend",
    "currency",
    "impressions",
    "clicks",
    "conversions",
)

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""By what a spreadsheet takes a text for a formula."""


def csv_of(pieces: Iterable[Sequence[SpendRow]], columns: Sequence[str]) -> Iterator[str]:
    """The table in pieces, the first of which begins with a line of names. A campaign's name that a spreadsheet would compute has
    an apostrophe before it.
    """
    table = io.StringIO()
    writer = csv.DictWriter(table, columns)
    writer.writeheader()
    for rows in pieces:
        writer.writerows(map(fields_of, rows))
        yield table.getvalue()
        table.seek(0)
        table.truncate()
    yield table.getvalue()


def fields_of(row: SpendRow) -> dict[str, str | int | date | None]:
    """The row's fields by their names."""
    fields: dict[str, str | int | date | None] = msgspec.to_builtins(row)
    name = fields.get("campaignName")
    if isinstance(name, str) and name.startswith(FORMULA):
        fields["campaignName"] = f"'{name}"
    return fields
