"""The audit trail in dictionaries."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from adapters.memory.database import Changes, MemoryDatabase
from application.ports.audit_trail import Counted, KnownNames
from domain.audit_trail import (
    BRIEFLY_KEPT,
    AuditRecord,
    AuditSubject,
    VendRecord,
    counted_together,
)
from domain.grant import Grant
from domain.ids import ConnectionId, GrantId, OwnerId
from domain.rotation_attempt import RotationAttempt


class MemoryAuditTrail:
    """By what makes records alike."""

    def __init__(self, rows: Changes) -> None:
        self._rows = rows

    def add(self, records: Iterable[AuditRecord]) -> None:
        for record in counted_together(records):
            known = self._rows.audit_trail.get(record.likeness)
            self._rows.audit_trail[record.likeness] = known.and_another(record) if known else record

    def add_vends(self, vends: Iterable[VendRecord]) -> None:
        for vend in counted_together(vends):
            known = self._rows.vends.get(vend.likeness)
            self._rows.vends[vend.likeness] = known.and_another(vend) if known else vend

    def forget_owner(self, owner: OwnerId, pseudonym_of: Callable[[str], str], *, limit: int) -> int:
        theirs = list(islice(((key, r) for key, r in self._rows.audit_trail.items() if r.owner == owner), limit))
        for key, record in theirs:
            del self._rows.audit_trail[key]
            pseudonymous = record.under_pseudonyms(pseudonym_of)
            self._rows.audit_trail["erased", *pseudonymous.likeness] = pseudonymous
        return len(theirs)


@dataclass(slots=True)
class MemoryAuditHistory:
    """Over the rows."""

    database: MemoryDatabase

    def known(self, subject: AuditSubject) -> KnownNames:
        with self.database.lock:
            rows = self.database.answer()
            noted = [record for record in rows.audit_trail.values() if is_about(record, subject)]
            live = {grant.id: names for grant in rows.grants.values() if (names := names_of(grant, subject))}
        connections = {name for names in live.values() for name in names} | {r.connection for r in noted if r.connection}
        return KnownNames(frozenset(connections), frozenset(live) | {r.grant for r in noted if r.grant})

    def records(
        self, subject: AuditSubject, *, since: datetime | None, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[tuple[str, AuditRecord]]:
        ids = self.known(subject).connections if subject.connection else frozenset[ConnectionId]()
        with self.database.lock:
            trail = self.database.answer().audit_trail.items()
            found = [(repr(k), r) for k, r in trail if is_about(r, subject) or r.connection in ids]
        wanted = (f for f in sorted(found, key=place) if since is None or f[1].at >= since)
        return list(islice((f for f in wanted if after is None or place(f) > after), limit))

    def vends(
        self, connections: Collection[ConnectionId], *, since: datetime | None, after: VendRecord | None, limit: int
    ) -> Sequence[VendRecord]:
        with self.database.lock:
            found = [v for v in self.database.answer().vends.values() if v.connection in connections]
        wanted = (v for v in sorted(found, key=order) if since is None or v.last_at >= since)
        return list(islice((v for v in wanted if after is None or order(v) > order(after)), limit))

    def attempts(
        self, grants: Collection[GrantId], *, since: datetime | None, after: RotationAttempt | None, limit: int
    ) -> Sequence[RotationAttempt]:
        with self.database.lock:
            found = [a for a in self.database.answer().attempts if a.grant in grants]
        wanted = (a for a in sorted(found, key=moment) if since is None or a.at >= since)
        return list(islice((a for a in wanted if after is None or moment(a) > moment(after)), limit))

    def prune(self, now: datetime, *, retention: timedelta, limit: int) -> int:
        with self.database.lock:
            rows, brief = self.database.answer(), now - min(BRIEFLY_KEPT, retention)
            old = [k for k, r in rows.audit_trail.items() if r.at < (brief if r.act.briefly_kept else now - retention)][:limit]
            for key in old:
                del rows.audit_trail[key]
            gone = [k for k, v in rows.vends.items() if v.minute < brief][:limit]
            for vend in (rows.vends.pop(key) for key in gone):
                count_by_day(rows.daily_vends, vend.minute, vend.service, vend.count)
            ended = sorted((a for a in rows.attempts if a.at < brief), key=moment)[:limit]
            rows.attempts = [a for a in rows.attempts if a not in ended]
            for attempt in ended:
                count_by_day(rows.daily_attempts, attempt.at, attempt.what.outcome, 1)
            first = (now - retention).date().isoformat()
            rows.daily_vends = {key: count for key, count in rows.daily_vends.items() if key[0] >= first}
            rows.daily_attempts = {key: count for key, count in rows.daily_attempts.items() if key[0] >= first}
            return len(old) + len(gone) + len(ended)

    def daily_counts(self, what: Counted, since: datetime) -> dict[tuple[str, str], int]:
        with self.database.lock:
            rows = self.database.answer()
            daily = rows.daily_vends if what is Counted.VENDS else rows.daily_attempts
            return {key: count for key, count in daily.items() if key[0] >= since.date().isoformat()}


def is_about(record: AuditRecord, subject: AuditSubject) -> bool:
    """Whether a record names the subject."""
    if subject.connection is not None:
        return record.connection == subject.connection
    return record.owner == subject.owner if subject.owner is not None else record.account == subject.account


def names_of(grant: Grant, subject: AuditSubject) -> list[ConnectionId]:
    """The ids of a grant's connections that are the subject's."""
    names = list[ConnectionId]()
    for connection in grant.connections.values():
        ids = [name for name in (connection.id, connection.former_id) if name]
        if subject.owner == grant.owner or subject.account == connection.advertiser.id or subject.connection in ids:
            names += ids
    return names


def count_by_day(daily: dict[tuple[str, str], int], at: datetime, name: str, times: int) -> None:
    """Add what is dropped to the count of its day."""
    key = at.date().isoformat(), name
    daily[key] = daily.get(key, 0) + times


def place(found: tuple[str, AuditRecord]) -> tuple[datetime, str]:
    """Where a record stands among all."""
    return found[1].at, found[0]


def order(vend: VendRecord) -> tuple[datetime, str, str, str]:
    """The same of a vend."""
    return vend.minute, vend.connection, vend.service, vend.address


def moment(attempt: RotationAttempt) -> tuple[datetime, str, str]:
    """The same of an attempt."""
    return attempt.at, attempt.grant, attempt.attempt
