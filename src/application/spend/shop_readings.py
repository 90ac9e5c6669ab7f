"""Readings of an account's days of GMV Max, over all of its shops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from application.ports.spend_reports import ShopQuestion
from application.spend.auction_readings import REFUSALS, readings_of
from application.spend.paged_reports import AskPage, ReportReader, ReportRows
from application.spend.report_turns import ReadingStopped
from domain.ids import StoreId
from domain.report_failures import QueryTooLarge, ReportFailure, ReportTimedOut
from domain.report_pages import ReportPage
from domain.spend import SpendKind
from domain.spend_calendar import Window
from domain.spend_day import DayReading


@dataclass(frozen=True, slots=True)
class ShopReader:
    """Reads days of GMV Max spend. There is no total to compare with: a day is whole by its pages."""

    reader: ReportReader

    def shops(self) -> tuple[StoreId, ...]:
        """The account's shops; none where the platform refuses to tell. Raises ReadingStopped."""
        answer = self.reader.sent(partial(self.reader.reports.stores, self.reader.access, self.reader.account))
        if isinstance(answer, REFUSALS):
            return ()
        if isinstance(answer, ReportFailure):
            raise ReadingStopped(answer)
        return answer

    def read(self, shops: Sequence[StoreId], window: Window) -> list[DayReading]:
        """All of these days over all shops, the first one first. Raises ReadingStopped."""
        began_at = self.reader.clock.now()
        parts = [part for shop in shops for part in self._of_shop(shop, window)]
        together = ReportRows.of(window, *parts)
        readings = readings_of(together, SpendKind.GMV_MAX, self.reader.account, began_at, None)
        return [readings[day] for day in window.days]

    def _of_shop(self, shop: StoreId, window: Window) -> list[ReportRows]:
        parts = list[ReportRows]()
        for part in self.reader.in_windows(window, self._asking(shop)):
            if isinstance(part, QueryTooLarge | ReportTimedOut):
                raise ReadingStopped(part)
            parts.append(part)
        return parts

    def _asking(self, shop: StoreId) -> AskPage:
        def ask(window: Window, without: frozenset[str], number: int) -> ReportPage | ReportFailure:
            question = ShopQuestion(self.reader.account, shop, window, without)
            return self.reader.reports.gmv_max_page(self.reader.access, question, number)

        return ask
