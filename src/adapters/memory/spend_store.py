"""Imported spend in memory."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from adapters.memory.database import MemoryDatabase
from adapters.memory.spend_of_one_account import DayKey, KeptSpend
from application.ports.clock import Clock
from application.ports.spend_store import ImportClaim, SpendAccount, SpendImport
from domain.ids import OwnerId
from domain.spend import Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn, SpendLine, lines_by
from domain.spend_day import RESTATEMENTS_KEPT, AccountDay, DayUpdate, Restatement
from domain.spend_plan import ImportProgress, Purpose

ALL_KINDS = tuple(SpendKind)


@dataclass(slots=True)
class MemorySpendStore:
    """Spend by account, over a database of this process."""

    database: MemoryDatabase
    clock: Clock

    def follow(self, accounts: Iterable[SpendAccount]) -> None:
        with self.database.lock:
            kept, now = self.database.answer().spend, self.clock.now()
            for one in accounts:
                if one not in kept:
                    kept[one] = KeptSpend(now)
                elif kept[one].left_at is not None:
                    kept[one].left_at, kept[one].due_at = None, now

    def leave(self, of: SpendAccount) -> None:
        with self.database.lock:
            kept = self.database.answer().spend.get(of)
            if kept is not None and kept.left_at is None:
                kept.left_at, kept.fence, kept.lease_until = self.clock.now(), kept.fence + 1, None

    def forget(self, owner: OwnerId) -> None:
        with self.database.lock:
            spend = self.database.answer().spend
            for of in [of for of in spend if of.owner == owner]:
                del spend[of]

    def forget_left(self, before: datetime, *, limit: int) -> int:
        with self.database.lock:
            spend = self.database.answer().spend
            left = sorted((kept.left_at, of.owner, of.account) for of, kept in spend.items() if kept.left_at)
            gone = [SpendAccount(owner, account) for at, owner, account in left if at < before][:limit]
            for of in gone:
                del spend[of]
            return len(gone)

    def take_due(self, *, limit: int, lease: timedelta, yielding: Collection[OwnerId] = ()) -> list[ImportClaim]:
        with self.database.lock:
            now = self.clock.now()
            due = [
                (of.owner in yielding, kept.purpose, waits if kept.purpose is Purpose.FIRST_DAYS else -waits, place, of)
                for place, (of, kept) in enumerate(self.database.answer().spend.items())
                if (waits := now - kept.due_at) >= timedelta(0)
            ]
            claims = (self.take(of, lease=lease) for *_, of in sorted(due, key=lambda one: one[:4]))
            taken: list[ImportClaim] = []
            while len(taken) < limit and (claim := next((claim for claim in claims if claim), None)):
                taken.append(claim)
            return taken

    def take(self, of: SpendAccount, *, lease: timedelta) -> ImportClaim | None:
        with self.database.lock:
            kept, now = self.database.answer().spend.get(of), self.clock.now()
            if kept is None or kept.left_at is not None or (kept.lease_until and kept.lease_until > now):
                return None
            kept.fence, kept.lease_until = kept.fence + 1, now + lease
            return ImportClaim(of, kept.progress, kept.fence, kept.lease_until)

    def replace(self, claim: ImportClaim, updates: Sequence[DayUpdate]) -> bool:
        with self.database.lock:
            if (kept := self._current(claim)) is None:
                return False
            for one in sorted(updates, key=lambda one: one.day.day):
                _replace_day(kept, one)
            return True

    def settle(self, claim: ImportClaim, progress: ImportProgress, *, due_at: datetime, purpose: Purpose) -> bool:
        with self.database.lock:
            if (kept := self._current(claim)) is None:
                return False
            kept.progress, kept.due_at, kept.purpose, kept.lease_until = progress, due_at, purpose, None
            return True

    def extend(self, claim: ImportClaim, *, lease: timedelta) -> bool:
        with self.database.lock:
            if (kept := self._current(claim)) is None:
                return False
            kept.lease_until = self.clock.now() + lease
            return True

    def imports(self, owner: OwnerId | None = None) -> list[SpendImport]:
        with self.database.lock:
            spend = self.database.answer().spend
            chosen = sorted((of.owner, of.account, of) for of in spend if owner in {None, of.owner})
            return [
                SpendImport(of, (kept := spend[of]).progress, kept.due_at, kept.left_at, kept.hindrance) for _, _, of in chosen
            ]

    def days(
        self, accounts: Collection[SpendAccount], window: Window, kinds: Collection[SpendKind] = ALL_KINDS
    ) -> dict[SpendAccount, list[AccountDay]]:
        with self.database.lock:
            spend = self.database.answer().spend
            return {of: [k.days[key] for key in _keys(k.days, window, kinds)] if (k := spend.get(of)) else [] for of in accounts}

    def open_days(self, of: SpendAccount) -> list[date]:
        with self.database.lock:
            kept = self.database.answer().spend.get(of)
            return sorted({day.day for day in kept.days.values() if not day.state.is_closed}) if kept else []

    def rows(
        self, accounts: Collection[SpendAccount], window: Window, kinds: Collection[SpendKind] = ALL_KINDS
    ) -> dict[SpendAccount, list[Spend]]:
        with self.database.lock:
            spend = self.database.answer().spend
            return {
                of: [named(k, row) for key in _keys(k.rows, window, kinds) for row in k.rows[key]] if (k := spend.get(of)) else []
                for of in accounts
            }

    def row_counts(self, accounts: Collection[SpendAccount], window: Window, kind: SpendKind) -> dict[date, int]:
        return dict(Counter(row.day for rows in self.rows(accounts, window, [kind]).values() for row in rows))

    def lines(
        self, accounts: Collection[SpendAccount], window: Window, kind: SpendKind, columns: Collection[SpendColumn]
    ) -> dict[SpendAccount, list[SpendLine]]:
        told_apart = {*columns, SpendColumn.ACCOUNT}
        return {of: lines_by(told_apart, rows) for of, rows in self.rows(accounts, window, [kind]).items()}

    def restatements(
        self, accounts: Collection[SpendAccount], window: Window, kinds: Collection[SpendKind] = ALL_KINDS, *, most: int
    ) -> list[tuple[SpendAccount, Restatement]]:
        with self.database.lock:
            spend = self.database.answer().spend
            changes = {of: spend[of].changes for of in accounts if of in spend}
            chosen = [(of, one) for of, own in changes.items() for key in _keys(own, window, kinds) for one in own[key]]
            return sorted(chosen, key=lambda one: one[1].at, reverse=True)[:most]

    def _current(self, claim: ImportClaim) -> KeptSpend | None:
        kept = self.database.answer().spend.get(claim.of)
        return kept if kept is not None and kept.fence == claim.fence and kept.left_at is None else None


def _replace_day(kept: KeptSpend, one: DayUpdate) -> None:
    key = (one.day.day, one.day.kind.value)
    kept.days[key] = one.day
    if one.rows is not None:
        kept.rows[key] = tuple(sorted(one.rows, key=lambda row: row.campaign or ""))
        if one.day.proof is not None and one.day.proof.flaw is None:
            kept.advance_versions([key])
    if one.restatement is not None:
        changes = [change for change in kept.changes.get(key, []) if change.at != one.restatement.at]
        kept.changes[key] = sorted([*changes, one.restatement], key=lambda change: change.at)[-RESTATEMENTS_KEPT:]
    for row in one.rows or ():
        if row.campaign is not None and row.campaign_name and one.day.proof is not None:
            at, name = kept.names.get((row.kind, row.campaign), (one.day.proof.read_at, ""))
            if at <= one.day.proof.read_at:
                if name != row.campaign_name:
                    kept.advance_versions([day for day in kept.versions if _has(kept.rows[day], row)])
                at, name = one.day.proof.read_at, row.campaign_name
            kept.names[row.kind, row.campaign] = (at, name)


def _keys(of: Iterable[DayKey], window: Window, kinds: Collection[SpendKind]) -> list[DayKey]:
    words = {kind.value for kind in kinds}
    return sorted(key for key in of if window.first <= key[0] <= window.last and key[1] in words)


def _has(rows: Iterable[Spend], of: Spend) -> bool:
    """Whether the campaign has a row among these."""
    return any((row.kind, row.campaign) == (of.kind, of.campaign) for row in rows)


def named(kept: KeptSpend, row: Spend) -> Spend:
    """The row with the name that its campaign has now."""
    if row.campaign is None:
        return row
    return replace(row, campaign_name=kept.names.get((row.kind, row.campaign), (None, ""))[1])
