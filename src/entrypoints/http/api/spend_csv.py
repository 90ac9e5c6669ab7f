"""Spend as CSV: the rows of the answer, a column each field."""

import csv
import io
from collections.abc import Sequence
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


def csv_of(rows: Sequence[SpendRow], columns: Sequence[str]) -> str:
    """The table, with a line of names. A campaign's name that a spreadsheet would compute has an apostrophe before it."""
    table = io.StringIO()
    writer = csv.DictWriter(table, columns)
    writer.writeheader()
    for row in rows:
        fields: dict[str, str | int | date | None] = msgspec.to_builtins(row)
        name = fields.get("campaignName")
        if isinstance(name, str) and name.startswith(FORMULA):
            fields["campaignName"] = f"'{name}"
        writer.writerow(fields)
    return table.getvalue()
