"""Erase everything of a user."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from application.auditing.pseudonyms_of_erased_users import forget_in_audit_trail
from application.connecting.erase_and_revoke_unused_grant import let_all_go
from application.connecting.erased_users import ErasedUsers
from application.connecting.note_and_repeat_removals import NoteRemoval
from application.connecting.retry_on_conflict import retry_on_conflict
from application.mirroring.settle_soon import SettleSoon
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Ids
from application.ports.removals import UserErased
from application.ports.sealer import Sealer
from application.ports.store import Store
from domain.audit_trail import SYSTEM, Act, Actor, AuditRecord
from domain.errors import StoreUnavailable, UserBeyondLimits
from domain.grant import Grant
from domain.ids import ConnectionId, OwnerId
from domain.users_and_accounts_of_services import NO_LIMITS, ServiceLimits

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erased:
    """What there was to erase."""

    connections: int
    grants: int
    receipt: str
    """The same for a repetition while sessions of the user are refused."""


@dataclass(frozen=True, slots=True)
class EraseUser:
    """Every account let go of, every grant erased and its token queued for revocation, every begun consent, every choice
    and all spend forgotten; sessions of the user count no more, from the first commit on and for 30 days.

    Twice is as good as once. A consent that is being completed meanwhile connects nothing.
    """

    store: Store
    clock: Clock
    ids: Ids
    note_removal: NoteRemoval
    settle_soon: SettleSoon
    forget_spend: Callable[[OwnerId], None]
    sealer: Sealer
    erased_users: ErasedUsers

    def __call__(self, owner: OwnerId, *, by: Actor = SYSTEM, limits: ServiceLimits = NO_LIMITS) -> Erased:
        """No call to the platform is made here. `by`: who asks, for the audit trail.

        Raises UserBeyondLimits for one beyond the `limits` of who asks, StoreUnavailable; what was erased by then stays so.
        """
        if not limits.allow_user(owner):
            log.warning("a service asked for an erasure beyond its limits")
            raise UserBeyondLimits
        erased = self._erased(owner, anyhow, by)
        if erased is None:
            raise AssertionError("anyhow says yes")
        return erased

    def if_still_missing(self, owner: OwnerId, holds: Callable[[datetime | None], bool]) -> bool:
        """The same, if `holds` of each time since which a row of theirs is missing in the dashboard. Whether it did."""
        return (
            self._erased(
                owner, lambda grants: all(holds(c.missing_since) for g in grants for c in g.connections.values()), SYSTEM
            )
            is not None
        )

    def _erased(self, owner: OwnerId, may: Callable[[list[Grant]], bool], by: Actor) -> Erased | None:
        self.sealer.sync()
        if (first := retry_on_conflict(partial(self._erase, owner, may, by))) is None:
            return None
        connections, grants, receipt = first
        while more := retry_on_conflict(partial(self._erase, owner, anyhow, by)):
            if not more[1]:
                break
            connections, grants = [*connections, *more[0]], grants + more[1]
        self._forget_rows(owner)
        forget_in_audit_trail(self.store, owner, self.sealer.pseudonym)
        self.forget_spend(owner)
        self.note_removal(UserErased(owner, self.clock.now()))
        self.settle_soon(connections)
        with suppress(StoreUnavailable):  # the revocations' turn does it again
            self.store.vacuum_traces()
        return Erased(len(connections), grants, receipt)

    def _forget_rows(self, owner: OwnerId) -> None:
        """Rows in the dashboard go by their ids alone."""
        with self.store.write() as work:
            work.mirror.forget_owner(owner)
            work.commit()

    def _erase(self, owner: OwnerId, may: Callable[[list[Grant]], bool], by: Actor) -> tuple[list[ConnectionId], int, str] | None:
        now, released = self.clock.now(), list[ConnectionId]()
        with self.store.write() as work:
            grants = work.grants.living_of(owner)
            if not may(grants):
                return None
            receipt = self.erased_users.note(work, owner, self.ids, now).receipt
            work.consents.forget_of(owner)
            work.offers.empty_of(owner)
            for grant in grants:
                released += let_all_go(work, grant, self.ids, now)
            pseudonym = self.sealer.pseudonym(owner)
            work.audit_trail.add([AuditRecord(Act.USER_ERASED, by, now, owner=pseudonym, detail=receipt)])
            work.commit()
        return released, len(grants), receipt


def anyhow(_: list[Grant]) -> bool:
    """What is stored while a user is erased goes too."""
    return True
