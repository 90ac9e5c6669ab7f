"""How far the books of a day are, in words, over several accounts at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from application.show_spend import AccountShown
from domain.spend_day import DayState, Flaw
from entrypoints.http.pages.spend_chart import BarLook

WORST_FIRST = (DayState.MISSING, DayState.PARTIAL, DayState.PROVISIONAL, DayState.RESTATED, DayState.SETTLED)

STATES: Mapping[DayState, str] = {
    DayState.MISSING: "not read",
    DayState.PARTIAL: "incomplete",
    DayState.PROVISIONAL: "may still change",
    DayState.RESTATED: "closed again, after TikTok changed it",
    DayState.SETTLED: "closed",
}

UNCHECKED = "TikTok gave no total of the account to compare with"

FLAWS: Mapping[Flaw, str] = {
    Flaw.CUT: "TikTok left rows out of its answer",
    Flaw.PAGES_CHANGED: "TikTok's rows moved between pages while they were read",
    Flaw.MORE_THAN_ACCOUNT: "TikTok gives the campaigns more than the whole account",
    Flaw.STILL_MOVING: "TikTok's figures of campaigns and account differ, and were still moving",
    Flaw.UNREADABLE: "TikTok gave an amount that is no number, or too long to be kept",
    Flaw.UNLIKE_CURRENCIES: "TikTok gave rows in several currencies",
}


@dataclass(frozen=True, slots=True)
class DayBooks:
    """A day's state: the worst of its accounts'. None: it has begun for none of them."""

    state: DayState | None
    flaws: frozenset[Flaw] = frozenset()
    unchecked: bool = False
    read_of_some: bool = False
    """Whether it was read of any account."""

    @classmethod
    def of(cls, accounts: Iterable[AccountShown], day: date) -> "DayBooks":
        """Of accounts together."""
        begun = [account for account in accounts if day <= account.today]
        states = {account.state_of(day) for account in begun}
        read = [account.days[day] for account in begun if day in account.days]
        return cls(
            next((state for state in WORST_FIRST if state in states), None),
            frozenset(one.flaw for one in read if one.flaw),
            any(one.proof is not None and one.proof.is_unchecked for one in read),
            bool(read),
        )

    @property
    def is_closed(self) -> bool:
        """Whether its figures are relied on in all accounts."""
        return self.state is not None and self.state.is_closed

    @property
    def look(self) -> BarLook:
        """How it is drawn."""
        if self.state is DayState.MISSING and not self.read_of_some:
            return BarLook.UNREAD
        return BarLook.CLOSED if self.is_closed else BarLook.OPEN

    @property
    def words(self) -> str:
        """For people."""
        if self.state is None:
            return "not begun"
        if self.state is DayState.MISSING and self.read_of_some:
            return "not read of every account"
        reasons = sorted(FLAWS[flaw] for flaw in self.flaws) if self.state is DayState.PARTIAL else []
        if self.unchecked:
            reasons.append(UNCHECKED)
        return ": ".join([STATES[self.state], *(["; ".join(reasons)] if reasons else [])])
