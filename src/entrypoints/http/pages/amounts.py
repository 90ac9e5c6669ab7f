"""Amounts, counts and days as people of a locale write them, with the currency's own decimals."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Self

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

USUAL = "en-GB"
MOST_LOCALES, LONGEST_NAME = 10, 35
"""Of a header that anybody may write."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Formats for one person."""

    locale: Locale

    @classmethod
    def of(cls, accept_language: str) -> Self:
        """By what the person's browser asks for first, of what there is."""
        names = [part.split(";")[0].strip() for part in accept_language.split(",")[:MOST_LOCALES]]
        return cls(next((locale for name in (*names, USUAL) if (locale := _locale(name))), Locale("en")))

    @property
    def language(self) -> str:
        """For the table's `lang`."""
        return str(self.locale).replace("_", "-")

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount to its last digit, even where it has more decimals than its currency; without the currency's name where it
        is withheld.
        """
        if not currency:
            return format_decimal(amount, locale=self.locale, decimal_quantization=False)
        return format_currency(amount, currency, locale=self.locale, decimal_quantization=False)

    def number(self, number: Decimal | int | None) -> str:
        """A count; a dash where there is none."""
        return "-" if number is None else format_decimal(number, locale=self.locale)

    def ratio(self, ratio: Decimal, *, places: int = 2) -> str:
        """A ratio."""
        return format_decimal(ratio, format=f"#,##0.{'0' * places}", locale=self.locale)

    def day(self, day: date) -> str:
        """A day with its year."""
        return format_date(day, "medium", locale=self.locale)

    def time(self, at: datetime) -> str:
        """A time of day with its day, in UTC."""
        return f"{format_datetime(at, 'medium', tzinfo=UTC, locale=self.locale)} UTC"


def _locale(name: str) -> Locale | None:
    try:
        return Locale.parse(name, sep="-") if 0 < len(name) <= LONGEST_NAME else None
    except (ValueError, UnknownLocaleError, TypeError):
        return None
