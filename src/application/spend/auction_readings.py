"""Readings of an account's days: campaigns beside the account's own totals, and what a second look confirms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from application.spend.campaign_rows import campaign_rows
from application.spend.paged_reports import ReportReader, ReportRows
from application.spend.report_turns import ReadingStopped
from domain.ids import AdvertiserId
from domain.outcomes import NotPermitted, OurFault, PathMissing
from domain.report_failures import AccountRefused, InvalidMetrics, QueryTooLarge, ReportFailure
from domain.spend import NOTHING, Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_day import DayProof, DayReading, Flaw

REFUSALS = (NotPermitted, OurFault, PathMissing, AccountRefused, InvalidMetrics, QueryTooLarge)
"""By these the platform refuses the totals alone: the campaigns of the same account were told."""


@dataclass(frozen=True, slots=True)
class AuctionReader:
    """Reads days of auction spend and compares each with the account's own total."""

    reader: ReportReader

    def read(self, window: Window, *, earlier: Mapping[date, DayProof] | None = None) -> list[DayReading]:
        """All of these days, the first one first. Raises ReadingStopped.

        Where campaigns and account differ both are read a second time, unless the proof of an `earlier` reading had the very same
        figures: only what stays as it is counts as spend in no campaign.
        """
        first = self._once(window)
        proofs = earlier or {}
        first = {day: replace(one, confirmed=_is_as_before(one, proofs.get(day))) for day, one in first.items()}
        differing = [day for day, one in first.items() if one.difference and not one.confirmed and one.flaw is None]
        if differing:
            second = self._once(Window(min(differing), max(differing)))
            for day in differing:
                again = second[day]
                same = again.control_total == first[day].control_total and _spend_of(again.rows) == _spend_of(first[day].rows)
                first[day] = replace(again, confirmed=same)
        return [first[day] for day in window.days]

    def _once(self, window: Window) -> dict[date, DayReading]:
        """Each day as one look tells it: campaigns first, so that spend that arrives meanwhile shows as a difference."""
        began_at = self.reader.clock.now()
        parts = campaign_rows(self.reader, window)
        totals = self._totals(window)
        readings = dict[date, DayReading]()
        for part in parts:
            readings |= readings_of(part, SpendKind.AUCTION, self.reader.account, began_at, totals)
        return readings

    def _totals(self, window: Window) -> dict[date, Decimal | None] | None:
        """The account's own totals; None where the platform refuses them."""
        reader, totals = self.reader, dict[date, Decimal | None]()
        for piece in window.split():
            answer = reader.sent(partial(reader.reports.control_totals, reader.access, reader.account, piece))
            if isinstance(answer, REFUSALS):
                return None
            if isinstance(answer, ReportFailure):
                raise ReadingStopped(answer)
            totals |= answer
        return totals


def readings_of(
    part: ReportRows, kind: SpendKind, account: AdvertiserId, began_at: datetime, totals: Mapping[date, Decimal | None] | None
) -> dict[date, DayReading]:
    """The days of one answer, each with its own rows and total."""
    by_day = rows_by_day(part.rows)
    unreadable = {row.day for row in part.unreadable} | {day for day, total in (totals or {}).items() if total is None}
    readings = {}
    for day in part.window.days:
        reading = DayReading(
            account,
            kind,
            day,
            began_at,
            tuple(by_day[day]),
            control_total=None if totals is None else totals.get(day, NOTHING),
            pages=part.pages,
            flaw=part.flaw or (Flaw.UNREADABLE if day in unreadable else None),
        )
        is_doubtful = part.sum_differs and (reading.control_total is None or reading.difference)
        readings[day] = replace(reading, flaw=reading.flaw or (Flaw.PAGES_CHANGED if is_doubtful else None))
    return readings


def rows_by_day(rows: Iterable[Spend]) -> defaultdict[date, list[Spend]]:
    """The rows of each day."""
    by_day: defaultdict[date, list[Spend]] = defaultdict(list)
    for row in rows:
        by_day[row.day].append(row)
    return by_day


def _is_as_before(reading: DayReading, proof: DayProof | None) -> bool:
    """Whether a whole earlier reading had the same sum of campaigns and the same total."""
    if proof is None or proof.flaw is not None or proof.read_at >= reading.read_at:
        return False
    total = sum((row.spend for row in reading.rows), NOTHING)
    return (proof.campaigns_total, proof.control_total) == (total, reading.control_total)


def _spend_of(rows: Sequence[Spend]) -> dict[str | None, Decimal]:
    return {row.campaign: row.spend for row in rows if row.spend}
