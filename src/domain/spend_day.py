"""An account's day of spend, and whether its books are closed: what was read, what proves it, what a later reading changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from domain.ids import AdvertiserId
from domain.spend import NOTHING, Spend, SpendKind, SpendTotals

RESTATEMENTS_KEPT = 20
"""The newest changes that are kept of one day."""


class DayState(Enum):
    """How far the books of a day are."""

    MISSING = "missing"
    """Never read."""
    PARTIAL = "partial"
    """Read, and known or feared not to be all."""
    PROVISIONAL = "provisional"
    """Read as a whole while the platform's figures may still change."""
    SETTLED = "settled"
    """Read as a whole after the platform's correction of the day."""
    RESTATED = "restated"
    """Settled, and then changed by the platform: settled again, with other figures."""

    @classmethod
    def _missing_(cls, _word: object) -> "DayState":
        """What a newer version calls by another word is not relied on."""
        return cls.PARTIAL

    @property
    def is_whole(self) -> bool:
        """Whether everything was read that the platform had to tell at that time."""
        return self in {DayState.PROVISIONAL, DayState.SETTLED, DayState.RESTATED}

    @property
    def is_closed(self) -> bool:
        """Whether the figures are relied on to the cent."""
        return self in {DayState.SETTLED, DayState.RESTATED}


class Flaw(Enum):
    """Why a reading is not relied on as a whole."""

    CUT = "cut"
    """The platform left rows out, and says so."""
    PAGES_CHANGED = "pages_changed"
    """Rows moved between pages, were repeated, or are fewer than the platform says."""
    MORE_THAN_ACCOUNT = "more_than_account"
    """The campaigns have more than the whole account: one of the two answers is older, or wrong."""
    STILL_MOVING = "still_moving"
    """Campaigns and account differ, and did not stay as they were while they were read."""
    UNREADABLE = "unreadable"
    """An amount can't be kept: it is no number, or too long."""
    UNLIKE_CURRENCIES = "unlike_currencies"

    @classmethod
    def _missing_(cls, _word: object) -> "Flaw":
        """What a newer version calls by another word."""
        return cls.PAGES_CHANGED


@dataclass(frozen=True, slots=True)
class DayReading:
    """What one reading says of one day."""

    account: AdvertiserId
    kind: SpendKind
    day: date
    read_at: datetime
    """When the reading began: what the platform changed later is not in it."""
    rows: tuple[Spend, ...]
    control_total: Decimal | None = None
    """What the whole account spent, from a report of its own. None: there is none to be had."""
    confirmed: bool = False
    """Whether rows and control total were the same when they were read a second time."""
    pages: int = 1
    flaw: Flaw | None = None

    @property
    def difference(self) -> Decimal:
        """What the account spent beyond its campaigns."""
        if self.control_total is None:
            return NOTHING
        return self.control_total - sum((row.spend for row in self.rows), NOTHING)

    def judged(self) -> Flaw | None:
        """What speaks against it, its own figures included."""
        if self.flaw is not None:
            return self.flaw
        if len({row.currency for row in self.rows if row.currency}) > 1:
            return Flaw.UNLIKE_CURRENCIES
        if self.difference and not self.confirmed:
            return Flaw.STILL_MOVING
        return Flaw.MORE_THAN_ACCOUNT if self.difference < 0 else None

    def entered(self, currency: str = "") -> tuple[Spend, ...]:
        """The rows as they are kept: empty ones left out; a confirmed difference is a row in no campaign."""
        rows = tuple(row for row in self.rows if not row.is_empty)
        if self.judged() is not None or not self.difference:
            return rows
        own = next((row.currency for row in self.rows if row.currency), currency)
        return (*rows, Spend(self.account, None, "", self.day, self.kind, own, self.difference))


@dataclass(frozen=True, slots=True)
class DayProof:
    """What proves the rows that are kept of a day."""

    read_at: datetime
    campaigns_total: Decimal
    control_total: Decimal | None
    pages: int
    flaw: Flaw | None = None
    """What spoke against these rows; None: they were whole."""

    @property
    def is_unchecked(self) -> bool:
        """Whether there was no control total to compare with."""
        return self.control_total is None


@dataclass(frozen=True, slots=True)
class AccountDay:
    """One day of an account, and its state. `flaw` is the last reading's; `proof` is of the rows that are kept."""

    account: AdvertiserId
    kind: SpendKind
    day: date
    state: DayState = DayState.MISSING
    proof: DayProof | None = None
    flaw: Flaw | None = None
    was_settled: bool = False
    """Whether it was ever settled: a change from then on is a restatement."""


@dataclass(frozen=True, slots=True)
class Restatement:
    """What a later reading changed of a day that had ended."""

    account: AdvertiserId
    kind: SpendKind
    day: date
    at: datetime
    before: SpendTotals
    after: SpendTotals
    campaigns_changed: int


@dataclass(frozen=True, slots=True)
class DayUpdate:
    """What becomes of a day by a reading."""

    day: AccountDay
    rows: tuple[Spend, ...] | None
    """All rows of the day from now on; None: those that are kept stay."""
    restatement: Restatement | None = None


@dataclass(frozen=True, slots=True)
class DayTimes:
    """Two moments in a day's life."""

    ends_at: datetime
    settles_at: datetime
    """When the platform's correction is over: a whole reading that began later settles the day."""


def update_by(
    reading: DayReading, times: DayTimes, *, earlier: AccountDay | None, kept: Sequence[Spend], currency: str = ""
) -> DayUpdate:
    """Take in a reading, given what is kept of the day. A reading with a flaw never replaces a whole one,
    nor an older one a newer.
    """
    earlier = earlier or AccountDay(reading.account, reading.kind, reading.day)
    if earlier.proof is not None and reading.read_at < earlier.proof.read_at:
        return DayUpdate(earlier, rows=None)
    flaw = reading.judged()
    if flaw is not None and earlier.proof is not None and earlier.proof.flaw is None:
        return DayUpdate(_doubted(earlier, reading, flaw, kept), rows=None)
    rows = reading.entered(currency)
    total = sum((row.spend for row in reading.rows), NOTHING)
    proof = DayProof(reading.read_at, total, reading.control_total, reading.pages, flaw)
    if flaw is not None:
        return DayUpdate(replace(earlier, state=DayState.PARTIAL, proof=proof, flaw=flaw), rows)
    state = _state(reading, times, earlier, spend_changed=_spend_of(kept) != _spend_of(rows))
    day = replace(earlier, state=state, proof=proof, flaw=None, was_settled=earlier.was_settled or state.is_closed)
    return DayUpdate(day, rows, _restatement(reading, times, earlier, kept, rows))


def _doubted(earlier: AccountDay, reading: DayReading, flaw: Flaw, kept: Sequence[Spend]) -> AccountDay:
    """A whole day stays one after a flawed reading, unless the account's own total has moved away from it."""
    total = sum((row.spend for row in kept), NOTHING)
    moved = reading.control_total is not None and reading.control_total != total
    return replace(earlier, state=DayState.PARTIAL if moved else earlier.state, flaw=flaw)


def _state(reading: DayReading, times: DayTimes, earlier: AccountDay, *, spend_changed: bool) -> DayState:
    if earlier.state is DayState.RESTATED or (earlier.was_settled and spend_changed):
        return DayState.RESTATED
    return DayState.SETTLED if earlier.was_settled or reading.read_at >= times.settles_at else DayState.PROVISIONAL


def _restatement(
    reading: DayReading, times: DayTimes, earlier: AccountDay, kept: Sequence[Spend], rows: Sequence[Spend]
) -> Restatement | None:
    """The change, if the day had ended and was whole before."""
    if earlier.proof is None or earlier.proof.flaw is not None or earlier.proof.read_at < times.ends_at:
        return None
    before, after = ({row.campaign: row.figures for row in of} for of in (kept, rows))
    changed = sum(before.get(campaign) != after.get(campaign) for campaign in before.keys() | after.keys())
    if not changed:
        return None
    return Restatement(
        reading.account, reading.kind, reading.day, reading.read_at, SpendTotals.of(kept), SpendTotals.of(rows), changed
    )


def _spend_of(rows: Sequence[Spend]) -> dict[str | None, Decimal]:
    """What each campaign spent; who spent nothing is left out."""
    return {row.campaign: row.spend for row in rows if row.spend}
