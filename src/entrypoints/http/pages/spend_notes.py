"""What a person should know of single accounts when reading the page of spend: a line each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from application.show_spend import AccountShown, SpendShown
from domain.spend_day import DayState, Flaw
from entrypoints.http.pages.amounts import Amounts
from entrypoints.http.pages.spend_day_states import FLAWS
from entrypoints.http.pages.times_in_words import Moment, ahead

MOST_NOTES = 50
"""An agency has thousands of accounts, and what befalls one befalls many."""

NOT_READ_YET = "nothing was read yet: its last week comes within a minute of connecting."
NO_CURRENCY = "TikTok does not say in which currency it spends, so its spend stands alone and has no ratio."
NO_ZONE = "TikTok does not say in which time zone it is, so its days are only known to within a day, and have no ratio each."


@dataclass(frozen=True, slots=True)
class AccountNote:
    """A line about an account, and when it is tried again."""

    account: str
    words: str
    next_try: Moment | None = None


@dataclass(frozen=True, slots=True)
class AccountNotes:
    """The first lines, and how many there are beyond."""

    notes: tuple[AccountNote, ...]
    more: int

    @classmethod
    def of(cls, shown: SpendShown, amounts: Amounts, now: datetime) -> "AccountNotes":
        """Of all accounts shown, in their order."""
        notes = [note for account in shown.accounts for note in _notes_of(account, amounts, now)]
        return cls(tuple(notes[:MOST_NOTES]), max(len(notes) - MOST_NOTES, 0))


def _notes_of(account: AccountShown, amounts: Amounts, now: datetime) -> Iterator[AccountNote]:
    name = account.connection.advertiser.label
    if account.failure:
        next_try = ahead(account.retry_at, now) if account.retry_at else None
        yield AccountNote(name, f"could not be read the last time: {account.failure}.", next_try)
    elif account.read_at is None:
        yield AccountNote(name, NOT_READ_YET)
    for flaw, days in _flawed_days(account).items():
        number = f"{amounts.number(len(days))} days are" if len(days) > 1 else "one day is"
        yield AccountNote(name, f"{number} incomplete, {amounts.day(max(days))} the last: {FLAWS[flaw]}.")
    if account.hindrance:
        yield AccountNote(name, f"its spend, or some of it, is not passed on to the dashboard: {account.hindrance}.")
    if account.read_at is not None and not account.spend.currency:
        yield AccountNote(name, NO_CURRENCY)
    if account.spend.calendar.zone is None:
        yield AccountNote(name, NO_ZONE)


def _flawed_days(account: AccountShown) -> dict[Flaw, list[date]]:
    days: dict[Flaw, list[date]] = {}
    for day in account.days.values():
        if day.state is DayState.PARTIAL and day.flaw is not None:
            days.setdefault(day.flaw, []).append(day.day)
    return days
