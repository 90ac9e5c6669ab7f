"""Amounts and counts as people of a locale write them, with the currency's own decimals."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from babel.core import Locale, UnknownLocaleError
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
        """An amount; the bare number where the currency is withheld."""
        return format_currency(amount, currency, locale=self.locale) if currency else self.number(amount)

    def number(self, number: Decimal | int | None) -> str:
        """A count, or a ratio; a dash where there is none."""
        return "-" if number is None else format_decimal(number, locale=self.locale)

    def ratio(self, ratio: Decimal) -> str:
        """A ratio, with two places."""
        return format_decimal(ratio, format="#,##0.00", locale=self.locale)


def _locale(name: str) -> Locale | None:
    try:
        return Locale.parse(name, sep="-") if 0 < len(name) <= LONGEST_NAME else None
    except (ValueError, UnknownLocaleError, TypeError):
        return None
