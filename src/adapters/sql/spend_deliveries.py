"""What is still to be delivered of imported spend: versions beside the days."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, select, tuple_, update

from adapters.sql.database import Database
from adapters.sql.spend_rows import SPEND_COLUMNS, spend_of
from adapters.sql.spend_tables import FOLLOWED, UNDELIVERED, spend_accounts, spend_campaigns, spend_days, spend_rows
from application.ports.spend_deliveries import VersionedDay
from application.ports.spend_store import SpendAccount
from domain.delivered_spend import DELIVERED_KIND

DAYS_AT_ONCE = 31

account, day, row, names = spend_accounts.c, spend_days.c, spend_rows.c, spend_campaigns.c


class SqlSpendDeliveries:
    """Marks in the table of days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def accounts(self) -> list[SpendAccount]:
        waiting = exists(select(day.day).where(day.account_number == account.number, UNDELIVERED))
        query = select(account.owner, account.account).where(FOLLOWED, waiting).order_by(account.owner, account.account)
        with self._database.reading() as connection:
            return [SpendAccount(one.owner, one.account) for one in connection.execute(query)]

    def undelivered(self, of: SpendAccount, *, before: date | None = None, most_rows: int) -> list[VersionedDay]:
        its_rows = and_(row.account_number == day.account_number, row.kind == day.kind, row.day == day.day)
        counted = select(func.count()).select_from(spend_rows).where(its_rows).scalar_subquery()
        query = days_of(of).where(UNDELIVERED).limit(DAYS_AT_ONCE).add_columns(counted.label("rows"))
        if before is not None:
            query = query.where(day.day < before)
        with self._database.reading() as connection:
            chosen, rows = list[Row[Any]](), 0
            for one in connection.execute(query):
                rows += one.rows
                if chosen and rows > most_rows:
                    break
                chosen.append(one)
            return with_rows(connection, of, chosen)

    def delivered(self, of: SpendAccount) -> list[VersionedDay]:
        query = days_of(of).where(day.version > 0, day.delivered_version >= day.version)
        with self._database.reading() as connection:
            return with_rows(connection, of, connection.execute(query).all())

    def mark(self, of: SpendAccount, versions: Mapping[date, int]) -> None:
        if not versions:
            return
        number = select(account.number).where(is_of(of)).scalar_subquery()
        these = tuple_(day.day, day.version).in_(list(versions.items()))
        chosen = and_(day.account_number == number, day.kind == DELIVERED_KIND.value, these)
        self._change(chosen, delivered_version=day.version)

    def note_hindrance(self, of: SpendAccount, hindrance: str | None) -> None:
        query = select(account.number).where(is_of(of), account.hindrance.is_distinct_from(hindrance))
        with self._database.reading() as connection:
            number = connection.scalar(query)
        if number is not None:
            with self._database.changing() as connection:
                connection.execute(update(spend_accounts).where(account.number == number).values(hindrance=hindrance))
                connection.commit()

    def deliver_anew(self, of: SpendAccount) -> None:
        number = select(account.number).where(is_of(of)).scalar_subquery()
        self._change(and_(day.account_number == number, day.version > 0), version=day.version + 1)

    def deliver_all_anew(self) -> None:
        self._change(day.version > 0, version=day.version + 1)

    def _change(self, chosen: ColumnElement[bool], **values: ColumnElement[int]) -> None:
        with self._database.changing() as connection:
            connection.execute(update(spend_days).where(chosen).values(values))
            connection.commit()


def is_of(of: SpendAccount) -> ColumnElement[bool]:
    """Whether a row of accounts is this one."""
    return and_(account.owner == of.owner, account.account == of.account)


def days_of(of: SpendAccount) -> Select[Any]:
    """Its days of the delivered kind, the newest first."""
    query = select(day.account_number, day.day, day.version).join(spend_accounts, account.number == day.account_number)
    return query.where(is_of(of), day.kind == DELIVERED_KIND.value).order_by(day.day.desc())


def with_rows(connection: Connection, of: SpendAccount, days: Sequence[Row[Any]]) -> list[VersionedDay]:
    """The days with their rows. These may be newer than the version, which then is not marked."""
    rows: dict[date, list[Any]] = {one.day: [] for one in days}
    if rows:
        named = and_(row.account_number == names.account_number, row.kind == names.kind, row.campaign == names.campaign)
        query = select(*SPEND_COLUMNS).outerjoin_from(spend_rows, spend_campaigns, named)
        chosen = (row.account_number == days[0].account_number, row.kind == DELIVERED_KIND.value, row.day.in_(rows))
        for one in connection.execute(query.where(*chosen).order_by(row.campaign)):
            rows[one.day].append(one)
    return [VersionedDay(one.day, one.version, tuple(spend_of(of.account, spend) for spend in rows[one.day])) for one in days]
