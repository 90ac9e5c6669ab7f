"""One planned reading of an account, window by window: each is stored as soon as it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from application.ports.spend_store import ImportClaim, SpendStore
from application.spend.auction_readings import AuctionReader, rows_by_day
from application.spend.paged_reports import ReportReader
from application.spend.shop_readings import ShopReader
from domain.spend import Spend, SpendKind
from domain.spend_calendar import AccountCalendar, Window
from domain.spend_day import AccountDay, DayReading, update_by
from domain.spend_plan import PlannedReading, Purpose


class Overtaken(Exception):
    """Another importer has the account by now, or nobody imports it any more."""


@dataclass(frozen=True, slots=True)
class ReadDays:
    """Reads the days of a plan into the store, for whoever has claimed the account."""

    spend_store: SpendStore
    claim: ImportClaim
    calendar: AccountCalendar
    currency: str
    """The account's own, for spend in no campaign."""

    def __call__(self, reader: ReportReader, plan: PlannedReading) -> None:
        """The newest days first. Raises ReadingStopped, Overtaken, StoreUnavailable, Unstorable; what was stored by then stays.

        Shops change slowly, and are asked for less often than campaigns: with the newest days alone only where GMV Max is known.
        """
        shops = None
        for window in plan.window.split():
            days, rows = self._kept(window, SpendKind.AUCTION)
            proofs = {day: one.proof for day, one in days.items() if one.proof}
            self._store(AuctionReader(reader).read(window, earlier=proofs), days, rows)
            days, rows = self._kept(window, SpendKind.GMV_MAX)
            if plan.purpose is Purpose.RECENT and not days:
                continue
            shops = ShopReader(reader).shops() if shops is None else shops
            if shops:
                self._store(ShopReader(reader).read(shops, window), days, rows)

    def _kept(self, window: Window, kind: SpendKind) -> tuple[Mapping[date, AccountDay], Mapping[date, Sequence[Spend]]]:
        of = self.claim.of
        days = self.spend_store.days([of], window, [kind])[of]
        return {one.day: one for one in days}, rows_by_day(self.spend_store.rows([of], window, [kind])[of])

    def _store(
        self, readings: Sequence[DayReading], days: Mapping[date, AccountDay], rows: Mapping[date, Sequence[Spend]]
    ) -> None:
        updates = [
            update_by(
                reading,
                self.calendar.times_of(reading.day),
                earlier=days.get(reading.day),
                kept=rows.get(reading.day, ()),
                currency=self.currency,
            )
            for reading in readings
        ]
        if not self.spend_store.replace(self.claim, updates):
            raise Overtaken
