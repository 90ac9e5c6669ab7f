"""Show what happened to a connection, a user's or an account: acts, vends, and what rotations came to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from heapq import merge
from typing import TypeVar

from application.ports.audit_trail import AuditHistory, KnownNames
from domain.audit_trail import AuditRecord, AuditSubject, VendRecord
from domain.errors import Refusal
from domain.rotation_attempt import RotationAttempt

PAGE = 500
"""Rows that are read at once: a history of any length takes as much memory."""

HistoryEntry = AuditRecord | VendRecord | RotationAttempt

Item = TypeVar("Item")
Place = TypeVar("Place")


class NothingKnown(Refusal):
    """Neither the database nor the audit trail has anything of this name."""


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """One line of events out of three tables, the newest last, read page by page."""

    audit_history: AuditHistory

    def __call__(self, subject: AuditSubject, *, since: datetime | None = None) -> Iterator[HistoryEntry]:
        """Raises NothingKnown at once, for what is not known and never was; StoreUnavailable, also later."""
        known = self.audit_history.known(subject)
        if not (known.connections or known.grants or self._records(subject, None, None, limit=1)):
            raise NothingKnown
        return self._entries(subject, known, since)

    def _entries(self, subject: AuditSubject, known: KnownNames, since: datetime | None) -> Iterator[HistoryEntry]:
        records = paged(partial(self._records, subject, since), lambda found: (found[1].at, found[0]))
        vends = paged(partial(self._vends, known, since), lambda vend: vend)
        attempts = paged(partial(self._attempts, known, since), lambda attempt: attempt)
        streams: list[Iterator[HistoryEntry]] = [(record for _, record in records), vends, attempts]
        return merge(*streams, key=time_of)

    def _records(
        self, subject: AuditSubject, since: datetime | None, after: tuple[datetime, str] | None, *, limit: int = PAGE
    ) -> Sequence[tuple[str, AuditRecord]]:
        return self.audit_history.records(subject, since=since, after=after, limit=limit)

    def _vends(self, known: KnownNames, since: datetime | None, after: VendRecord | None) -> Sequence[VendRecord]:
        return self.audit_history.vends(known.connections, since=since, after=after, limit=PAGE)

    def _attempts(self, known: KnownNames, since: datetime | None, after: RotationAttempt | None) -> Sequence[RotationAttempt]:
        return self.audit_history.attempts(known.grants, since=since, after=after, limit=PAGE)


def time_of(entry: HistoryEntry) -> datetime:
    """Where an entry stands: when it happened, or when the first of those that are counted together did."""
    return entry.minute if isinstance(entry, VendRecord) else entry.at


def paged(read: Callable[[Place | None], Sequence[Item]], place_of: Callable[[Item], Place]) -> Iterator[Item]:
    """Everything, page by page: each begins behind the last item of the one before."""
    page = read(None)
    while page:
        yield from page
        if len(page) < PAGE:
            return
        page = read(place_of(page[-1]))
