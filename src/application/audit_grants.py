"""The look twice a day at what no sweep sees."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from application.identity.watch import IdentityWatch
from application.ports.ad_platform import DETAILS_PER_CALL, AdPlatform
from application.ports.budget import Budget, Lane
from application.ports.claims import Due, TokenModel
from application.ports.fleet import Fleet, FleetView
from application.ports.journal_register import JournalRegister, Undrained
from application.ports.sealer import Sealer
from application.ports.store import Store
from application.ports.system import Clock
from application.rotation.batches import Batches, SweepReport, ignore_progress
from application.rotation.permit_turn import never
from domain.advertiser import Advertiser
from domain.database_identity import Held
from domain.errors import CannotOpen
from domain.expiry_announcements import ANNOUNCED_BEFORE
from domain.grant import Grant
from domain.ids import AdvertiserId, GrantId
from domain.rotation import RotationPolicy
from domain.tokens import TokenKind

log = logging.getLogger(__name__)

KEPT_CONSENTS = timedelta(days=1)
"""How long a used or missed consent is kept, for questions."""

KEPT_OFFERS = timedelta(days=30)
"""How long an offer is kept, so that whoever comes back to it is told that it is over."""

REACH_READ_EVERY = timedelta(days=7)
"""How often the platform is asked which accounts a grant still reaches."""

KEPT_TOKENS = timedelta(days=30)
"""How long a grant that needs reauthorisation keeps its tokens, so that an operator can try them once more."""

AUDIT_BATCH = 200
SWEEPS_LATE = 2
"""After how many sweeps a due grant counts as overdue."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What the audit did and found."""

    probed: SweepReport
    consents_forgotten: int
    offers_forgotten: int
    grants_given_up: int
    """Those whose tokens were erased since nobody authorised again in time."""
    endings_announced: int
    reaches_read: int
    fleet: FleetView
    undrained: tuple[Undrained, ...]
    """Hosts whose journal may hold an answer that the store waits for."""


@dataclass(frozen=True, slots=True)
class AuditGrants:
    """Probes what has no end, announces ends of refresh tokens, and asks from spare budget which accounts are still reached."""

    batches: Batches
    store: Store
    platform: AdPlatform
    sealer: Sealer
    budget: Budget
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
            endings_announced=0 if hold else self._announce_endings(stopping),
            probed=SweepReport(stopped_by=Held(hold)) if hold else self._probed(stopping, progress),
            reaches_read=0 if hold else self._read_reaches(stopping),
            grants_given_up=0 if hold else self._give_up(stopping),
            consents_forgotten=0 if hold else self._forget_consents(),
            offers_forgotten=0 if hold else self._forget_offers(),
            fleet=self.fleet.counts(self.clock.now(), overdue_after=self.policy.sweep_every * SWEEPS_LATE),
            undrained=self.journals.undrained(self.clock.now() - KEPT_TOKENS),
        )
        for host in report.undrained:
            log.error("a host's journal was not drained since a claim of its was lost", extra={"host": host.host})
        if report.fleet.overdue or report.fleet.in_doubt:
            found = {"overdue": report.fleet.overdue, "in_doubt": report.fleet.in_doubt}
            log.error("grants are overdue, or in doubt", extra=found)
        return report

    def _probed(self, stopping: Callable[[], bool], progress: Callable[[SweepReport], None]) -> SweepReport:
        return self.batches(Due(kind=TokenModel.LONG_TERM), stopping=stopping, progress=progress)

    def _forget_consents(self) -> int:
        with self.store.write() as work:
            forgotten = work.consents.forget(self.clock.now() - KEPT_CONSENTS)
            work.commit()
        return forgotten

    def _forget_offers(self) -> int:
        with self.store.write() as work:
            forgotten = work.offers.forget(self.clock.now() - KEPT_OFFERS)
            work.commit()
        return forgotten

    def _give_up(self, stopping: Callable[[], bool]) -> int:
        before, given_up = self.clock.now() - KEPT_TOKENS, 0
        while not stopping():
            with self.store.read() as work:
                hopeless = work.grants.hopeless(before, limit=AUDIT_BATCH)
            if not hopeless:
                break
            with self.store.write() as work:
                for grant in work.grants.get(hopeless):
                    given_up += grant.give_up(before)
                    work.grants.save(grant)
                work.commit()
        return given_up

    def _announce_endings(self, stopping: Callable[[], bool]) -> int:
        announced, last = 0, None
        until = self.clock.now() + timedelta(days=max(ANNOUNCED_BEFORE))
        while not stopping():
            with self.store.read() as work:
                batch = work.grants.ending(self.platform.app, until, after=last, limit=AUDIT_BATCH)
            if not batch:
                break
            announced, last = announced + sum(self._announce(grant) for grant in batch), batch[-1]
        return announced

    def _announce(self, grant: GrantId) -> bool:
        with self.store.write() as work:
            for found in work.grants.get([grant]):
                ending = found.ending(self.clock.now())
                if ending and work.notices.first(grant, f"{ending.days} days before {ending.ends_at:%Y-%m-%d}"):
                    work.outbox.add([ending])
                    work.commit()
                    return True
        return False

    def _read_reaches(self, stopping: Callable[[], bool]) -> int:
        read = 0
        while not stopping():
            with self.store.read() as work:
                unread = work.grants.unread_since(self.platform.app, self.clock.now() - REACH_READ_EVERY, limit=AUDIT_BATCH)
                grants = work.grants.get(unread)
            done = sum(self._read_reach(grant) for grant in grants if not stopping())
            read += done
            if done < AUDIT_BATCH:
                break
        return read

    def _read_reach(self, grant: Grant) -> bool:
        """Ask about one grant, if there is budget to spare; a failure is left to the next audit."""
        reached = self._reached(grant)
        if reached is None:
            return False
        with self.store.write() as work:
            for current in work.grants.get([grant.id]):
                if not current.erased:
                    current.look_again(reached, self.clock.now())
                    work.grants.save(current)
            work.commit()
        return True

    def _reached(self, grant: Grant) -> dict[AdvertiserId, Advertiser] | None:
        if grant.tokens is None or not self._spare(1):
            return None
        try:
            access = self.sealer.open(grant.tokens.access, grant.id, TokenKind.ACCESS)
        except CannotOpen:
            return None
        listed = self.platform.reach(access)
        self.budget.learn(grant.app, None if isinstance(listed, tuple) else listed)
        if not isinstance(listed, tuple):
            return None
        found = {a.id: a for a in listed}
        connected = tuple(sorted(found.keys() & {c.advertiser.id for c in grant.connections.values()}))
        if connected and self._spare(-(-len(connected) // DETAILS_PER_CALL)):
            details = self.platform.details(access, connected)
            self.budget.learn(grant.app, None if isinstance(details, tuple) else details)
            found |= {a.id: a for a in details} if isinstance(details, tuple) else {}
        return found

    def _spare(self, calls: int) -> bool:
        permits = self.budget.take(self.platform.app, calls, Lane.BACKGROUND, within=self.policy.lease / 4)
        if permits.count == calls:
            self.clock.sleep(permits.wait)
        return permits.count == calls
