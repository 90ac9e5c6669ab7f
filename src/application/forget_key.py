"""Give up what a lost key sealed: its people are asked to authorise again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from application.auditing.acts_about_connections import write_before
from application.connecting.retry_on_conflict import retry_on_conflict
from application.ports.clock import Clock
from application.ports.key_reports import KeyReports
from application.ports.sealed_rows import SealedRows
from application.ports.sealer import Sealer
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.audit_trail import LONGEST_DETAIL, SYSTEM, Act, Actor
from domain.errors import Refusal
from domain.events import RevocationGivenUp
from domain.ids import GrantId
from domain.key_use import holding

FORGOTTEN_BATCH = 100
"""How many rows are changed in one transaction."""


class KeyNotLost(Refusal):
    """The key is configured, here or in another process that runs."""

    def __init__(self, key: str, where: str) -> None:
        super().__init__(
            f"the key {key} is not lost: {where} has it. Run `tiktok-connect keys rotate` and then take it out; "
            "a process that has ended counts for five minutes"
        )
        self.key = key


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a key sealed, or what was given up of it."""

    grants: int
    revocations: int
    shared: bool = False
    """Whether it sealed the key of the fingerprints, which begins anew then."""


@dataclass(frozen=True, slots=True)
class ForgetKey:
    """Exactly what this key sealed. Repeatable; what an interrupted one left is done by the next."""

    sealed_rows: SealedRows
    key_reports: KeyReports
    sealer: Sealer
    store: StoreOfAllOwners
    clock: Clock

    def would(self, key: str) -> Forgotten:
        """What there is to give up. Raises KeyNotLost, StoreUnavailable."""
        if key in self.sealer.keys:
            raise KeyNotLost(key, "this configuration")
        now, reports = self.key_reports.all()
        if holders := holding(key, reports, now):
            raise KeyNotLost(key, holders[0])
        counts = self.sealed_rows.counts()
        return Forgotten(counts.grants.get(key, 0), counts.revocations.get(key, 0), self.sealer.shared_key() == key)

    def __call__(self, key: str, *, by: Actor = SYSTEM, progress: Callable[[int], None] = lambda _: None) -> Forgotten:
        """Erase them; a token on its way to be revoked is only erased. `by`: who says so, for the audit trail.

        Raises KeyNotLost, StoreUnavailable.
        """
        self.would(key)
        write_before(self.store, Act.KEY_FORGOTTEN, by, self.clock.now(), key[:LONGEST_DETAIL])
        grants = sum(self._forget_grants(key, batch, progress) for batch in self._batches(key))
        revocations = 0
        while ended := self._forget_revocations(key):
            revocations += ended
        shared = self.sealer.replace_shared(key)
        self.store.vacuum_traces()
        return Forgotten(grants, revocations, shared)

    def _batches(self, key: str) -> Iterator[list[GrantId]]:
        last: GrantId | None = None
        while batch := self.sealed_rows.grants_of(key, after=last, limit=FORGOTTEN_BATCH):
            yield batch
            last = batch[-1]

    def _forget_grants(self, key: str, batch: list[GrantId], progress: Callable[[int], None]) -> int:
        def forget() -> int:
            forgotten = 0
            with self.store.write() as work:
                for grant in work.grants.get(batch):
                    if grant.tokens is not None and grant.tokens.key_id == key:  # else it was rotated meanwhile
                        forgotten += grant.lose_key(self.clock.now())
                        work.grants.save(grant)
                work.commit()
            return forgotten

        forgotten = retry_on_conflict(forget)
        progress(forgotten)
        return forgotten

    def _forget_revocations(self, key: str) -> int:
        with self.store.write() as work:
            queued = work.revocations.sealed_by(key, limit=FORGOTTEN_BATCH)
            for revocation in queued:
                work.revocations.done(revocation.id)
                work.outbox.add([RevocationGivenUp(revocation.grant, revocation.owner, at=self.clock.now())])
            work.commit()
        return len(queued)
