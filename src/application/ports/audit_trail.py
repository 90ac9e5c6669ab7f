"""The ports of the audit trail. Nothing but an erasure changes a record, and nothing but retention drops one."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from domain.audit_trail import AuditRecord, AuditSubject, VendRecord
from domain.ids import ConnectionId, GrantId, OwnerId
from domain.rotation_attempt import RotationAttempt


class Counted(Enum):
    """What there are daily counts of."""

    VENDS = "vends"
    ATTEMPTS = "attempts"


@dataclass(frozen=True, slots=True)
class KnownNames:
    """By which records of a subject are found. None at all: nothing is known of it."""

    connections: frozenset[ConnectionId]
    """By their present ids and those that they had formerly."""
    grants: frozenset[GrantId]


class AuditTrail(Protocol):
    """The trail as a unit of work writes it: a record and its act are stored together, or neither."""

    def add(self, records: Iterable[AuditRecord]) -> None:
        """Store them. One that is like a stored one of the same minute is counted there."""

    def add_vends(self, vends: Iterable[VendRecord]) -> None:
        """The same, of tokens that services were given."""

    def forget_owner(self, owner: OwnerId, pseudonym_of: Callable[[str], str], *, limit: int) -> int:
        """Put pseudonyms in the place of this owner, and of their accounts, in so many records; addresses go. In how many."""


class AuditHistory(Protocol):
    """The trail as it is read and kept short. Each method is a transaction of its own; all raise StoreUnavailable."""

    def known(self, subject: AuditSubject) -> KnownNames:
        """Connections that are, or by the trail once were, the subject's, and the grants that they were under."""

    def records(
        self, subject: AuditSubject, *, since: datetime | None, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[tuple[str, AuditRecord]]:
        """Records about the subject, each with its id, by their times and ids, from behind `after` on."""

    def vends(
        self, connections: Collection[ConnectionId], *, since: datetime | None, after: VendRecord | None, limit: int
    ) -> Sequence[VendRecord]:
        """Vends of these connections, by their minutes, from behind `after` on."""

    def attempts(
        self, grants: Collection[GrantId], *, since: datetime | None, after: RotationAttempt | None, limit: int
    ) -> Sequence[RotationAttempt]:
        """What claims of these grants came to, by their times, from behind `after` on."""

    def prune(self, now: datetime, *, retention: timedelta, limit: int) -> int:
        """Drop some records that are older than that, and vends, attempts and readings of spend of over a month ago. How many.

        Of vends and attempts it adds what it drops to daily counts, which are dropped after the retention as well.
        """

    def daily_counts(self, what: Counted, since: datetime) -> dict[tuple[str, str], int]:
        """What is no longer kept one by one, by day (`2026-11-28`) and service, or by day and outcome."""
