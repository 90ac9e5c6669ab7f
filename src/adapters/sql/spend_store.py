"""Imported spend in SQL: a claim is a lease in the account's row, and what is written under it is fenced."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select, true, update

from adapters.sql.bulk_writes import upsert
from adapters.sql.database import Database, time_of
from adapters.sql.grant_rows import Columns
from adapters.sql.spend_reading import account_of, counts_by_day, look_up, numbers_of, sums
from adapters.sql.spend_rows import SPEND_COLUMNS, day_of, restatement_of, spend_of
from adapters.sql.spend_tables import (
    FOLLOWED,
    LEFT,
    OPEN,
    spend_accounts,
    spend_campaigns,
    spend_days,
    spend_restatements,
    spend_rows,
)
from adapters.sql.spend_writing import forget_accounts, name_campaigns, replace_days
from application.ports.clock import Clock
from application.ports.spend_store import ImportClaim, SpendAccount, SpendImport
from domain.ids import OwnerId
from domain.spend import Spend, SpendKind
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn, SpendLine
from domain.spend_day import AccountDay, DayUpdate, Restatement
from domain.spend_plan import ImportProgress, Purpose

account = spend_accounts.c
ALL_KINDS = tuple(SpendKind)


class SqlSpendStore:
    """Spend in SQL, by the database's clock unless one is given."""

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock

    def follow(self, accounts: Iterable[SpendAccount]) -> None:
        with self._database.changing() as connection:
            now = time_of(connection, self._clock)
            rows = [new_row(one, now) for one in sorted(set(accounts), key=lambda one: (one.owner, one.account))]
            if not rows:
                return
            following = upsert(connection, spend_accounts)
            back = {"left_at": None, "due_at": now, "fence": account.fence + 1, "lease_until": None}
            connection.execute(
                following.on_conflict_do_update(
                    index_elements=["owner", "account"], set_=back, where=account.left_at.is_not(None)
                ),
                rows,
            )
            connection.commit()

    def leave(self, of: SpendAccount) -> None:
        with self._database.changing() as connection:
            gone = {"left_at": time_of(connection, self._clock), "fence": account.fence + 1, "lease_until": None}
            connection.execute(update(spend_accounts).where(this(of), FOLLOWED).values(gone))
            connection.commit()

    def forget(self, owner: OwnerId) -> None:
        with self._database.changing() as connection:
            numbers = connection.scalars(select(account.number).where(account.owner == owner).with_for_update()).all()
            forget_accounts(connection, numbers)
            connection.commit()

    def forget_left(self, before: datetime, *, limit: int) -> int:
        with self._database.changing() as connection:
            left = select(account.number).where(LEFT, account.left_at < before).order_by(account.left_at).limit(limit)
            numbers = connection.scalars(left.with_for_update(skip_locked=True)).all()
            forget_accounts(connection, numbers)
            connection.commit()
        return len(numbers)

    def take_due(self, *, limit: int, lease: timedelta, yielding: Collection[OwnerId] = ()) -> list[ImportClaim]:
        claims = list[ImportClaim]()
        with self._database.changing() as connection:
            now = time_of(connection, self._clock)
            for due in queries_of_due(now, yielding):
                missing = limit - len(claims)
                rows = connection.execute(due.limit(missing).with_for_update(skip_locked=True)).all() if missing else ()
                claims += [claim(connection, row, now + lease) for row in rows]
            connection.commit()
        return claims

    def take(self, of: SpendAccount, *, lease: timedelta) -> ImportClaim | None:
        with self._database.changing() as connection:
            now = time_of(connection, self._clock)
            query = select(spend_accounts).where(this(of), FOLLOWED, is_free(now)).with_for_update(skip_locked=True)
            row = connection.execute(query).first()
            if row is None:
                return None
            taken = claim(connection, row, now + lease)
            connection.commit()
        return taken

    def replace(self, claim: ImportClaim, updates: Sequence[DayUpdate]) -> bool:
        with self._database.changing() as connection:
            number = connection.scalar(select(account.number).where(is_current(claim)).with_for_update())
            if number is None:
                return False
            replace_days(connection, number, updates)
            name_campaigns(connection, number, updates)
            connection.commit()
        return True

    def settle(self, claim: ImportClaim, progress: ImportProgress, *, due_at: datetime, purpose: Purpose) -> bool:
        given_back = {"due_at": due_at, "urgency": purpose.value, "lease_until": None}
        return self._change(claim, {**given_back, "progress": progress, "recent_read_at": progress.recent_read_at})

    def extend(self, claim: ImportClaim, *, lease: timedelta) -> bool:
        return self._change(claim, {}, lease=lease)

    def imports(self, owner: OwnerId | None = None) -> list[SpendImport]:
        query = select(spend_accounts).order_by(account.owner, account.account)
        with self._database.reading() as connection:
            rows = connection.execute(query if owner is None else query.where(account.owner == owner)).all()
        return [SpendImport(account_of(row), row.progress, row.due_at, row.left_at, row.hindrance) for row in rows]

    def days(
        self, accounts: Collection[SpendAccount], window: Window, kinds: Collection[SpendKind] = ALL_KINDS
    ) -> dict[SpendAccount, list[AccountDay]]:
        row = spend_days.c
        query = select(spend_days).order_by(row.day, row.kind)
        with self._database.reading() as connection:
            numbers, rows = look_up(connection, accounts, query, spend_days.c, window, kinds)
        days: dict[SpendAccount, list[AccountDay]] = {one: [] for one in accounts}
        for found in rows:
            days[of := numbers[found.account_number]].append(day_of(of.account, found))
        return days

    def open_days(self, of: SpendAccount) -> list[date]:
        row = spend_days.c
        query = select(row.day).distinct().join(spend_accounts).where(this(of), OPEN).order_by(row.day)
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def rows(
        self, accounts: Collection[SpendAccount], window: Window, kinds: Collection[SpendKind] = ALL_KINDS
    ) -> dict[SpendAccount, list[Spend]]:
        row, names = spend_rows.c, spend_campaigns.c
        named = and_(row.account_number == names.account_number, row.kind == names.kind, row.campaign == names.campaign)
        query = (
            select(*SPEND_COLUMNS).outerjoin_from(spend_rows, spend_campaigns, named).order_by(row.day, row.kind, row.campaign)
        )
        with self._database.reading() as connection:
            numbers, found = look_up(connection, accounts, query, row, window, kinds)
        rows: dict[SpendAccount, list[Spend]] = {one: [] for one in accounts}
        for one in found:
            rows[of := numbers[one.account_number]].append(spend_of(of.account, one))
        return rows

    def row_counts(self, accounts: Collection[SpendAccount], window: Window, kind: SpendKind) -> dict[date, int]:
        with self._database.reading() as connection:
            return counts_by_day(connection, numbers_of(connection, accounts), window, kind)

    def lines(
        self, accounts: Collection[SpendAccount], window: Window, kind: SpendKind, columns: Collection[SpendColumn]
    ) -> dict[SpendAccount, list[SpendLine]]:
        nothing: dict[SpendAccount, list[SpendLine]] = {one: [] for one in accounts}
        with self._database.reading() as connection:
            return nothing | sums(connection, numbers_of(connection, accounts), window, kind, columns)

    def restatements(
        self, accounts: Collection[SpendAccount], window: Window, kinds: Collection[SpendKind] = ALL_KINDS, *, most: int
    ) -> list[tuple[SpendAccount, Restatement]]:
        row = spend_restatements.c
        query = select(spend_restatements).order_by(row.at.desc(), row.day, row.account_number).limit(most)
        with self._database.reading() as connection:
            numbers, rows = look_up(connection, accounts, query, row, window, kinds)
        changes = ((numbers[change.account_number], change) for change in rows)
        return [(of, restatement_of(of.account, change)) for of, change in changes]

    def _change(self, claim: ImportClaim, values: Columns, *, lease: timedelta | None = None) -> bool:
        with self._database.changing() as connection:
            if lease is not None:
                values = {**values, "lease_until": time_of(connection, self._clock) + lease}
            changed = connection.execute(update(spend_accounts).where(is_current(claim)).values(values)).rowcount
            connection.commit()
        return bool(changed)


def new_row(of: SpendAccount, now: datetime) -> Columns:
    """An account that nothing was read of yet."""
    return {
        "owner": of.owner,
        "account": of.account,
        "due_at": now,
        "urgency": Purpose.FIRST_DAYS.value,
        "progress": ImportProgress(),
        "fence": 0,
    }


def queries_of_due(now: datetime, yielding: Collection[OwnerId]) -> Iterator[Select[Any]]:
    """Accounts that may be claimed, in parts whose order is the index's: the most urgent part first."""
    due = select(spend_accounts).where(FOLLOWED, account.due_at <= now, is_free(now))
    first = account.urgency == Purpose.FIRST_DAYS.value
    others = [account.owner.not_in(yielding), account.owner.in_(yielding)] if yielding else [true()]
    for owners in others:
        yield due.where(owners, first).order_by(account.due_at.desc())
        yield due.where(owners, account.urgency > Purpose.FIRST_DAYS.value).order_by(account.urgency, account.due_at)


def this(of: SpendAccount) -> ColumnElement[bool]:
    """The row of this account."""
    return and_(account.owner == of.owner, account.account == of.account)


def is_free(now: datetime) -> ColumnElement[bool]:
    """Whether no importer has it."""
    return or_(account.lease_until.is_(None), account.lease_until <= now)


def is_current(claim: ImportClaim) -> ColumnElement[bool]:
    """Whether nobody has claimed the account since, and it was not left or forgotten."""
    return and_(this(claim.of), account.fence == claim.fence, FOLLOWED)


def claim(connection: Connection, row: Row[Any], until: datetime) -> ImportClaim:
    """Write the lease, under the row's lock."""
    fence = row.fence + 1
    connection.execute(update(spend_accounts).where(account.number == row.number).values(fence=fence, lease_until=until))
    return ImportClaim(account_of(row), row.progress, fence, until)
