"""The read side of spend for programs: its lines, a few thousand at a time, whatever the span."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf

from application.ports.spend_store import SpendAccount, SpendStore
from domain.errors import InvalidRequest
from domain.spend import Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn, SpendLine, lines_by

ROWS_AT_ONCE = 5_000
"""Rows of several days that are in memory together; a day is never divided."""

Currencies = Mapping[SpendAccount, str]
"""The accounts, each with its currency: for rows of which TikTok withheld it."""


@dataclass(frozen=True, slots=True)
class ListSpendLines:
    """Lines in the order of `lines_by`, in pieces of whole days where they are told apart by day and campaign."""

    spend_store: SpendStore

    def __call__(
        self,
        accounts: Currencies,
        window: Window,
        kind: SpendKind,
        columns: Collection[SpendColumn],
        *,
        most: float = inf,
    ) -> Iterator[Sequence[SpendLine]]:
        """Raises InvalidRequest before the first piece where there are more rows than `most`, and StoreUnavailable at any piece.

        What an import replaces meanwhile is in it as it was or as it is, day by day.
        """
        if not {SpendColumn.DAY, SpendColumn.CAMPAIGN} <= set(columns):
            added_up = self.spend_store.lines(list(accounts), window, kind, columns)
            lines = lines_by(columns, (in_currency(line, accounts[of]) for of, own in added_up.items() for line in own))
            refuse_more(len(lines), most)
            yield lines
            return
        counts = self.spend_store.row_counts(list(accounts), window, kind)
        refuse_more(sum(counts.values()), most)
        for piece in pieces(counts):
            rows = self.spend_store.rows(list(accounts), piece, [kind])
            yield lines_by(columns, (in_currency(row, accounts[of]) for of, own in rows.items() for row in own))


def refuse_more(rows: int, most: float) -> None:
    """Raises InvalidRequest."""
    if rows > most:
        raise InvalidRequest(f"that is more than {most} rows: ask for fewer days, for `by=campaign` or `by=day`, or for text/csv")


def pieces(counts: Mapping[date, int]) -> Iterator[Window]:
    """Windows over all of these days, in order, each with so many rows or with one day."""
    first: date | None = None
    last, rows = date.min, 0
    for day, count in sorted(counts.items()):
        if first is not None and rows + count > ROWS_AT_ONCE:
            yield Window(first, last)
            first, rows = None, 0
        first, last, rows = first or day, day, rows + count
    if first is not None:
        yield Window(first, last)


def in_currency(one: Spend | SpendLine, currency: str) -> Spend | SpendLine:
    """The same in the account's currency where it has none."""
    return one if one.currency else replace(one, currency=currency)
