"""Who uses which encryption key: what processes report of themselves, and when a key may go."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.seal_place import FIRST_FORMAT

REPORT_EVERY = timedelta(minutes=1)
"""How often a process reports."""

LIVE_FOR = timedelta(minutes=5)
"""For how long after its last report a process counts as running: it may have been without its database."""

REPORT_REMEMBERED = timedelta(days=1)
JOURNAL_REMEMBERED = timedelta(days=31)
"""How long the last report of a journal that held anything is kept: a day longer than unread answers are."""


@dataclass(frozen=True, slots=True)
class ProcessKeys:
    """What a process says of its keys. All have defaults: versions may say more or less."""

    seals_with: str = ""
    """The id of its first key."""
    opens: frozenset[str] = frozenset()
    journal: str = ""
    """The name of its host's journal; empty where that can't be told."""
    journal_seals: Mapping[str, int] = field(default_factory=dict)
    """How many answers in it each key sealed, unread ones included."""
    journal_first: int = 0
    """How many of these are of the first format."""
    reads: int = FIRST_FORMAT
    """The newest format of sealed texts that it opens."""
    writes: int = FIRST_FORMAT
    """The one that it seals in."""


@dataclass(frozen=True, slots=True)
class KeyReport:
    """The same with the process's name and the time, by the store's clock."""

    process: str
    keys: ProcessKeys
    at: datetime

    def live(self, now: datetime) -> bool:
        """Whether the process may still be running."""
        return now - self.at <= LIVE_FOR

    def forgettable(self, now: datetime) -> bool:
        """Whether it says nothing any more that anybody needs."""
        return now - self.at > (JOURNAL_REMEMBERED if self.keys.journal_seals else REPORT_REMEMBERED)


@dataclass(frozen=True, slots=True)
class RowSeals:
    """How many rows each key sealed; the id is None where a text says none."""

    grants: Mapping[str | None, int]
    revocations: Mapping[str | None, int]


@dataclass(frozen=True, slots=True)
class KeyUse:
    """Who needs a key."""

    id: str
    here: bool
    """Whether it is configured in this process."""
    seals: bool
    """Whether this process, or another live one, seals with it."""
    grants: int
    revocations: int
    journals: int
    """Answers in the journals of all hosts."""
    shared: bool
    """Whether it sealed the key of the fingerprints."""

    @property
    def removable(self) -> bool:
        """Whether nobody needs it any more."""
        return not (self.seals or self.grants or self.revocations or self.journals or self.shared)


def key_uses(
    keys: Collection[str], rows: RowSeals, reports: Iterable[KeyReport], shared: str | None, now: datetime
) -> tuple[KeyUse, ...]:
    """The use of each key that is configured here (`keys`, the sealing one first) or sealed anything."""
    reports = list(reports)
    journals = journal_seals(reports)
    sealing = {*list(keys)[:1], *(r.keys.seals_with for r in reports if r.live(now))}
    used = {key for key in (*rows.grants, *rows.revocations, *journals, shared) if key is not None}
    return tuple(
        KeyUse(
            id=key,
            here=key in keys,
            seals=key in sealing,
            grants=rows.grants.get(key, 0),
            revocations=rows.revocations.get(key, 0),
            journals=journals[key],
            shared=key == shared,
        )
        for key in (*keys, *sorted(used - set(keys)))
    )


def journal_seals(reports: Iterable[KeyReport]) -> Counter[str]:
    """How many answers in all journals each key sealed, by the latest report of each journal."""
    latest = dict[str, KeyReport]()
    for report in sorted(reports, key=lambda r: r.at):
        if report.keys.journal:
            latest[report.keys.journal] = report
    counts = Counter[str]()
    for report in latest.values():
        counts.update(report.keys.journal_seals)
    return counts


def lacking(key: str, reports: Iterable[KeyReport], now: datetime) -> tuple[str, ...]:
    """Live processes that can't open what this key seals, by name."""
    return tuple(sorted(r.process for r in reports if r.live(now) and key not in r.keys.opens))


def holding(key: str, reports: Iterable[KeyReport], now: datetime) -> tuple[str, ...]:
    """Live processes that can."""
    return tuple(sorted(r.process for r in reports if r.live(now) and key in r.keys.opens))
