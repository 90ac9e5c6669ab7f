"""Use-case: bring in ad spend, a piece of an account at a time, the most urgent first."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from application.ports.budget import Budget, Lane
from application.ports.clock import Clock
from application.ports.executor import Executor
from application.ports.spend_reports import SpendReports
from application.ports.spend_store import ImportClaim, SpendAccount, SpendStoreOfAllOwners
from application.ports.store import Store
from application.rotation.claim_results import InFlight
from application.rotation.permit_turn import Turns, never
from application.spend.followed_accounts import FollowConnections
from application.spend.import_failures import ImportStopped, Pause, pause_after
from application.spend.import_slice import ImportSlice
from application.spend.paged_reports import ReportReader
from application.spend.read_days import Overtaken, ReadDays
from application.spend.report_turns import ReadingStopped
from domain.advertiser import Connection
from domain.errors import Refusal, StoreUnavailable, Unstorable
from domain.events import SpendImported
from domain.ids import AppId
from domain.outcomes import Refused
from domain.spend_calendar import LONGEST_WINDOW, AccountCalendar, Window
from domain.spend_plan import ImportProgress, PlannedReading, Purpose, SpendPolicy
from domain.tokens import Secret

log = logging.getLogger(__name__)

IMPORTS_AT_ONCE = 8
"""Accounts that one process reads at the same time: enough to use up ten calls a second that take a second each, or nearly."""

LEASE = timedelta(minutes=10)
"""How long an importer that died keeps others from its account."""

LOOKED_AGAIN_AFTER = timedelta(milliseconds=250)
"""How long an importer without work waits while another of the process has some."""

AccessTo = Callable[..., Secret | InFlight]
"""An access token for an owner's account; `rejected`: the platform no longer takes this one. Raises Refusal."""


@dataclass(frozen=True, slots=True)
class ImportSpend:
    """Reads what is due, the most urgent first. Each account fails by itself, and is resumed where it was left."""

    spend_store: SpendStoreOfAllOwners
    reports: SpendReports
    store: Store
    follow: FollowConnections
    access_to: AccessTo
    budget: Budget
    app: AppId
    clock: Clock
    import_executor: Executor
    spend_policy: SpendPolicy
    tells: bool
    """Whether anybody outside is told of what was read: one fact for each piece, which nobody else needs."""

    def __call__(self, *, for_at_most: timedelta, stopping: Callable[[], bool] = never) -> ImportSlice:
        """One slice of time. A piece that was begun is ended, unless somebody asks to stop. Raises StoreUnavailable."""
        self.follow(stopping=stopping)
        turn = self._slice(self.clock.monotonic() + for_at_most, stopping)
        list(self.import_executor.map(lambda _: self._work(turn), range(IMPORTS_AT_ONCE)))
        return turn

    def account(
        self, of: SpendAccount, *, window: Window | None = None, stopping: Callable[[], bool] = never
    ) -> ImportSlice | None:
        """These days of one account, or its next piece, due or not. None: it is not followed, or another importer has it.

        Raises StoreUnavailable.
        """
        turn = self._slice(timedelta.max, stopping)
        claim = self.spend_store.take(of, lease=LEASE)
        if claim is None:
            return None
        self._import(claim, turn, window=window, at_once=True)
        return turn

    def _slice(self, until: timedelta, stopping: Callable[[], bool]) -> ImportSlice:
        turns, shop_turns = (
            Turns(self.budget, self.clock, self.app, lane, stopping) for lane in (Lane.IMPORT, Lane.SHOP_REPORTS)
        )
        return ImportSlice(self.spend_store, self.clock, turns.call, shop_turns.call, until, stopping)

    def _work(self, turn: ImportSlice) -> None:
        while not turn.over:
            if turn.is_to_follow():
                self.follow(stopping=turn.stopping)
            with turn.next_due(LEASE) as claim:
                if claim is not None:
                    self._import(claim, turn)
                    continue
            if not turn.is_busy:
                return
            self.clock.sleep(LOOKED_AGAIN_AFTER)

    def _import(self, claim: ImportClaim, turn: ImportSlice, *, window: Window | None = None, at_once: bool = False) -> None:
        """One piece of one account, and when the next one is due."""
        try:
            self._piece(claim, turn, window, at_once=at_once)
        except Overtaken:
            log.info("an account's spend is imported by another process, or by none", extra={"account": claim.of.account})
        except Unstorable as fault:
            self._fail(claim, claim.progress, Pause(f"the database can't hold a value: {fault}"))
        except StoreUnavailable:
            raise
        except Exception:  # a fault of ours with one account holds up no other
            log.exception("an account's spend could not be imported", extra={"account": claim.of.account})
            self._fail(claim, claim.progress, Pause("an internal error, which the log tells of"))
            turn.failed()

    def _piece(self, claim: ImportClaim, turn: ImportSlice, window: Window | None, *, at_once: bool) -> None:
        connection = self._connection(claim.of)
        calendar = AccountCalendar.of(connection.advertiser.timezone if connection else "")
        plan, now = self._plan(claim, claim.progress, calendar), self.clock.now()
        if window is not None:
            plan = PlannedReading(window, Purpose.OPEN_DAYS, now)
        if connection is None or (plan.due_at > now and not at_once):
            self.spend_store.settle(claim, claim.progress, due_at=max(plan.due_at, now + LEASE), purpose=plan.purpose)
            return
        reading = _Reading(self, claim, turn, ReadDays(self.spend_store, claim, calendar, connection.advertiser.currency))
        try:
            longest = reading(plan)
        except (ImportStopped, ReadingStopped, Refusal) as stopped:
            if isinstance(stopped, StoreUnavailable):
                raise
            self._after(stopped, claim, reading.progress, plan, turn)
            return
        self._tell(claim.of, plan.window)
        done = replace(claim.progress.done(plan, now), longest_window=longest)
        following = self._plan(claim, done, calendar)
        self.spend_store.settle(claim, done, due_at=following.due_at, purpose=following.purpose)
        turn.succeeded()

    def _tell(self, of: SpendAccount, days_read: Window) -> None:
        """Before it is settled: a process that dies in between reads once more, and tells once more."""
        if not self.tells:
            return
        with self.store.write() as work:
            grant = work.grants.of_account(of.owner, of.account)
            if grant and (connection := grant.connection_to(of.account)):
                now = self.clock.now()
                told = SpendImported(grant.id, of.owner, connection.id, days_read.first, days_read.last, at=now)
                work.outbox.add([told])
                work.commit()

    def _after(
        self, stopped: Exception, claim: ImportClaim, progress: ImportProgress, plan: PlannedReading, turn: ImportSlice
    ) -> None:
        pause = pause_after(stopped)
        turn.paused(pause, claim.of.owner)
        if pause.blames_account:
            self._fail(claim, progress, pause)
        else:
            due_at = self.clock.now() + (pause.lasts or timedelta(0))
            self.spend_store.settle(claim, progress, due_at=due_at, purpose=plan.purpose)

    def _fail(self, claim: ImportClaim, progress: ImportProgress, pause: Pause) -> None:
        log.warning("spend was not read", extra={"account": claim.of.account, "because": pause.reason})
        failed = progress.failed(pause.reason, self.clock.now(), pause=pause.lasts)
        self.spend_store.settle(claim, failed, due_at=failed.retry_at or self.clock.now(), purpose=Purpose.RECENT)

    def _plan(self, claim: ImportClaim, progress: ImportProgress, calendar: AccountCalendar) -> PlannedReading:
        open_days = self.spend_store.open_days(claim.of)
        return progress.next_reading(self.spend_policy, calendar, self.clock.now(), open_days=open_days)

    def _connection(self, of: SpendAccount) -> Connection | None:
        with self.store.read() as work:
            grant = work.grants.of_account(of.owner, of.account)
            return grant.connection_to(of.account) if grant else None


@dataclass(slots=True)
class _Reading:
    """One piece: the token, the reports, and another token where the platform no longer takes the first."""

    step: ImportSpend
    claim: ImportClaim
    turn: ImportSlice
    read_days: ReadDays
    reader: ReportReader | None = None

    def __call__(self, plan: PlannedReading) -> int:
        """The longest window that the platform took."""
        access = self._access()
        try:
            return self._read(access, plan)
        except ReadingStopped as stopped:
            if not isinstance(stopped.because, Refused):
                raise
            if (another := self._access(rejected=access)) == access:
                raise  # a probe found it alive
            return self._read(another, plan)

    @property
    def progress(self) -> ImportProgress:
        """Where it was, and what was learnt of the platform's limits since."""
        return replace(self.claim.progress, longest_window=self.reader.longest_window) if self.reader else self.claim.progress

    def _read(self, access: Secret, plan: PlannedReading) -> int:
        longest = LONGEST_WINDOW if plan.purpose is Purpose.MATURING else self.claim.progress.longest_window
        in_turn, in_shop_turn = self.turn.turns_of(self.claim, LEASE), self.turn.shop_turns_of(self.claim, LEASE)
        of = self.claim.of
        self.reader = ReportReader(
            self.step.reports, self.step.clock, in_turn, access, of.account, longest, in_shop_turn=in_shop_turn
        )
        self.read_days(self.reader, plan)
        return self.reader.longest_window

    def _access(self, rejected: Secret | None = None) -> Secret:
        access = self.step.access_to(self.claim.of.owner, self.claim.of.account, rejected=rejected)
        if isinstance(access, InFlight):
            raise ImportStopped
        return access
