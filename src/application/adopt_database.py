"""End a hold: the database was restored, is a copy, or is ours at a new address."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from application.auditing.acts_about_connections import write_before
from application.connecting.note_and_repeat_removals import RepeatRemovals
from application.ports.clock import Clock
from application.ports.database_identity import IdentityRecord
from application.ports.ids_and_nonces import Ids
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.allowance import EPOCH
from domain.audit_trail import SYSTEM, Act, Actor
from domain.database_hold import WentBack
from domain.database_identity import DatabaseIdentity
from domain.grant import Grant
from domain.ids import DatabaseId, GrantId

ADOPTION_BATCH = 100
"""How many grants are changed in one transaction."""


@dataclass(frozen=True, slots=True)
class AdoptDatabase:
    """Each way may be gone again where it was interrupted: the hold ends last, when everything else is done."""

    record: IdentityRecord
    store: StoreOfAllOwners
    repeat_removals: RepeatRemovals
    clock: Clock
    ids: Ids
    here: str | None

    def restored(self, *, by: Actor = SYSTEM, progress: Callable[[int], None] = lambda _: None) -> int:
        """A backup was restored: every grant has to show whether its tokens live. How many there are.

        What people had removed since is removed again first. `by`: who says so, for the audit trail. Raises StoreUnavailable.
        """
        write_before(self.store, Act.DATABASE_ADOPTED, by, self.clock.now(), "restored")
        identity = self.record.change(held)
        self.repeat_removals(identity.adopted_restored(self.clock.now()))
        grants = self._change_all(lambda grant, now: grant.distrust(now), progress)
        self.record.change(lambda identity, now: replace(identity.adopted_restored(now), place=None))
        return grants

    def copied(self, *, by: Actor = SYSTEM, progress: Callable[[int], None] = lambda _: None) -> int:
        """It is a copy, and becomes a database of its own, at home here: the tokens are forgotten, since they are the original's.
        Nothing is revoked, and nobody is told of what happened there. How many grants need their people. Raises StoreUnavailable.
        """
        write_before(self.store, Act.DATABASE_ADOPTED, by, self.clock.now(), "copy")
        self.record.change(held)
        grants = self._change_all(lambda grant, now: grant.disown(now), progress)
        with self.store.write() as work:
            work.revocations.clear()
            work.outbox.clear()
            work.mirror.clear()
            work.commit()
        self.store.vacuum_traces()
        new_id = DatabaseId(self.ids.new())
        self.record.change(lambda identity, now: replace(identity.adopted_copy(new_id, self.here, now), place=None))
        return grants

    def moved(self, *, by: Actor = SYSTEM) -> DatabaseIdentity:
        """It is ours, and served here from now on. Raises StoreUnavailable."""
        write_before(self.store, Act.DATABASE_ADOPTED, by, self.clock.now(), "moved")
        return self.record.change(lambda identity, _: replace(identity, home=self.here, place=None))

    def _change_all(self, change: Callable[[Grant, datetime], bool], progress: Callable[[int], None]) -> int:
        changed = 0
        for batch in self._batches():
            with self.store.write() as work:
                for grant in work.grants.get(batch):
                    changed += change(grant, self.clock.now())
                    work.grants.save(grant)
                work.commit()
            progress(changed)
        return changed

    def _batches(self) -> Iterator[list[GrantId]]:
        last: GrantId | None = None
        while True:
            with self.store.read() as work:
                batch = work.grants.page(after=last, limit=ADOPTION_BATCH)
            if not batch:
                return
            yield batch
            last = batch[-1]


def held(identity: DatabaseIdentity, now: datetime) -> DatabaseIdentity:
    """On hold until the adoption is through, also where nobody had noticed what the operator knows."""
    return identity if identity.hold else replace(identity, hold=WentBack(restored_to=EPOCH, noted_at=now))
