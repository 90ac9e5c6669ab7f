"""The look twice a day at what no sweep sees."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from application.database_hold.identity_watch import IdentityWatch
from application.ports.claims_and_settlements import Due, TokenModel
from application.ports.clock import Clock
from application.ports.fleet import Fleet, FleetView
from application.ports.journal_register import JournalRegister, Undrained
from application.ports.store_of_all_owners import StoreOfAllOwners, UnitOfWorkOfAllOwners
from application.rotation.permit_turn import never
from application.rotation.sweep_in_batches import SweepInBatches, SweepReport, ignore_progress
from domain.consent import CONSENT_KEPT_FOR
from domain.database_hold import Held
from domain.expiry_announcements import ANNOUNCED_BEFORE
from domain.grant import Grant
from domain.grant_health import TOKENS_KEPT_FOR
from domain.ids import GrantId
from domain.offer import OFFER_KEPT_FOR
from domain.rotation_policy import RotationPolicy
from domain.tokens import LONGEST_ACCESS_LIFE

log = logging.getLogger(__name__)

AUDIT_BATCH = 200
BETWEEN_SWEEPS = timedelta(milliseconds=10)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What the audit did and found."""

    probed: SweepReport
    consents_forgotten: int
    offers_forgotten: int
    grants_given_up: int
    """Those whose tokens were erased since nobody authorised again in time."""
    grants_woken: int
    """Those that believed a life which can't be meant; they are due now."""
    endings_announced: int
    reaches_read: int
    fleet: FleetView
    undrained: tuple[Undrained, ...]
    """Hosts whose journal may hold an answer that the store waits for."""


@dataclass(frozen=True, slots=True)
class AuditGrants:
    """Probes what has no end, announces ends of refresh tokens, and asks from spare budget which accounts are still reached."""

    sweep_in_batches: SweepInBatches
    audit_reach: Callable[[Callable[[], bool]], int]
    """Sees which accounts are still reached; how many grants it looked at."""
    store: StoreOfAllOwners
    fleet: Fleet
    journals: JournalRegister
    clock: Clock
    policy: RotationPolicy
    watch: IdentityWatch

    def __call__(
        self, *, stopping: Callable[[], bool] = never, progress: Callable[[SweepReport], None] = ignore_progress
    ) -> AuditReport:
        """While the database is on hold it only counts. Raises StoreUnavailable, ClockSkewed."""
        hold = self.watch.hold()
        report = AuditReport(
            grants_woken=0 if hold else self._wake(stopping),
            endings_announced=0 if hold else self._announce_endings(stopping),
            probed=SweepReport(stopped_by=Held(hold)) if hold else self._probed(stopping, progress),
            reaches_read=0 if hold else self.audit_reach(stopping),
            grants_given_up=0 if hold else self._give_up(stopping),
            consents_forgotten=0
            if hold
            else self._forget(lambda work: work.consents.forget(self.clock.now() - CONSENT_KEPT_FOR)),
            offers_forgotten=0 if hold else self._forget(lambda work: work.offers.forget(self.clock.now() - OFFER_KEPT_FOR)),
            fleet=self.fleet.counts(self.clock.now(), overdue_after=self.policy.overdue_after),
            undrained=self.journals.undrained(self.clock.now() - TOKENS_KEPT_FOR),
        )
        for host in report.undrained:
            log.error("a host's journal was not drained since a claim of its was lost", extra={"host": host.host})
        if report.fleet.overdue or report.fleet.in_doubt:
            counts = {"overdue": report.fleet.overdue, "in_doubt": report.fleet.in_doubt}
            log.error("grants are overdue, or in doubt", extra=counts)
        return report

    def _probed(self, stopping: Callable[[], bool], progress: Callable[[SweepReport], None]) -> SweepReport:
        if self.watch.adoption is not None:  # each grant of the backup is looked at twice, where no sweep has done it
            for _ in range(2):
                self.clock.sleep(BETWEEN_SWEEPS)
                self.sweep_in_batches(Due(since=self.clock.now()), stopping=stopping, progress=progress)
        return self.sweep_in_batches(Due(kind=TokenModel.LONG_TERM), stopping=stopping, progress=progress)

    def _forget(self, drop: Callable[[UnitOfWorkOfAllOwners], int]) -> int:
        with self.store.write() as work:
            forgotten = drop(work)
            work.commit()
        return forgotten

    def _give_up(self, stopping: Callable[[], bool]) -> int:
        before = self.clock.now() - TOKENS_KEPT_FOR
        return self._change(lambda work: work.grants.hopeless(before, limit=AUDIT_BATCH), lambda g: g.give_up(before), stopping)

    def _wake(self, stopping: Callable[[], bool]) -> int:
        """An earlier version believed what can't be meant, and would have them sleep for years."""
        app, now = self.sweep_in_batches.app, self.clock.now()
        until = now + LONGEST_ACCESS_LIFE
        return self._change(lambda work: work.grants.asleep(app, until, limit=AUDIT_BATCH), lambda g: g.wake(now), stopping)

    def _change(
        self,
        find: Callable[[UnitOfWorkOfAllOwners], list[GrantId]],
        change: Callable[[Grant], bool],
        stopping: Callable[[], bool],
    ) -> int:
        """Change what is found until nothing is; how many were changed."""
        changed = 0
        while not stopping():
            with self.store.read() as work:
                batch = find(work)
            if not batch:
                break
            with self.store.write() as work:
                for grant in work.grants.get(batch):
                    changed += change(grant)
                    work.grants.save(grant)
                work.commit()
        return changed

    def _announce_endings(self, stopping: Callable[[], bool]) -> int:
        announced, last = 0, None
        until = self.clock.now() + timedelta(days=max(ANNOUNCED_BEFORE))
        while not stopping():
            with self.store.read() as work:
                batch = work.grants.ending(self.sweep_in_batches.app, until, after=last, limit=AUDIT_BATCH)
            if not batch:
                break
            announced, last = announced + sum(self._announce(grant) for grant in batch), batch[-1]
        return announced

    def _announce(self, grant: GrantId) -> bool:
        with self.store.write() as work:
            for stored in work.grants.get([grant]):
                ending = stored.ending(self.clock.now())
                if ending and work.notices.first(grant, f"{ending.days} days before {ending.ends_at:%Y-%m-%d}"):
                    work.outbox.add([ending])
                    work.commit()
                    return True
        return False
