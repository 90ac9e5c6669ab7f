"""One planned reading of an account, window by window: each is stored as soon as it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from application.ports.spend_store import ImportClaim, SpendStoreOfAllOwners
from application.spend.auction_readings import AuctionReader, rows_by_day
from application.spend.paged_reports import ReportReader
from application.spend.report_turns import ReadingStopped, is_used_up
from application.spend.shop_readings import ShopReader
from domain.ids import StoreId
from domain.spend import Spend, SpendKind
from domain.spend_calendar import AccountCalendar, Window
from domain.spend_day import AccountDay, DayReading, update_by
from domain.spend_plan import MATURING_DAYS, PlannedReading, Purpose

LOOKING_FOR_SHOPS = frozenset({Purpose.FIRST_DAYS, Purpose.MATURING})
"""The platform counts these calls by themselves, and most accounts have no shop."""


class Overtaken(Exception):
    """Another importer has the account by now, or nobody imports it any more."""


@dataclass(slots=True)
class ShopDays:
    """The shops of one account, asked for once in a reading."""

    reader: ShopReader
    comes_again: bool
    """Whether these days are read again by a later reading."""
    shops: tuple[StoreId, ...] | None = None

    def read(self, window: Window) -> list[DayReading]:
        """These days; none where there are no shops, or no calls for them today. Raises ReadingStopped."""
        try:
            self.shops = self.reader.shops() if self.shops is None else self.shops
            return self.reader.read(self.shops, window) if self.shops else []
        except ReadingStopped as stopped:
            if not (self.comes_again and is_used_up(stopped.because)):
                raise
            self.shops = ()
            return []


@dataclass(frozen=True, slots=True)
class ReadDays:
    """Reads the days of a plan into the store, for whoever has claimed the account."""

    spend_store: SpendStoreOfAllOwners
    claim: ImportClaim
    calendar: AccountCalendar
    currency: str
    """The account's own, for spend in no campaign."""

    def __call__(self, reader: ReportReader, plan: PlannedReading) -> None:
        """The newest days first. Raises ReadingStopped, Overtaken, StoreUnavailable, Unstorable; what was stored by then stays.

        Shops are looked for with an account's first days and once a day, else only where GMV Max is known. Where the day's calls
        for them are used up, days that are read again anyway are left to a later reading.
        """
        reads_shops = plan.purpose in LOOKING_FOR_SHOPS or self._knows_shops(reader.clock.now())
        shop_days = ShopDays(ShopReader(reader.for_shops()), comes_again=plan.purpose is not Purpose.BACKFILL)
        for window in plan.window.split():
            days, rows = self._kept(window, SpendKind.AUCTION)
            proofs = {day: one.proof for day, one in days.items() if one.proof}
            self._store(AuctionReader(reader).read(window, earlier=proofs), days, rows)
            if reads_shops:
                days, rows = self._kept(window, SpendKind.GMV_MAX)
                self._store(shop_days.read(window), days, rows)

    def _knows_shops(self, now: datetime) -> bool:
        """Whether days of GMV Max were read of late."""
        days, _ = self._kept(self.calendar.last_days(MATURING_DAYS, now), SpendKind.GMV_MAX)
        return bool(days)

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
