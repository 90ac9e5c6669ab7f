"""The budget's ledger in the database."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select, update

from adapters.sql import tables
from adapters.sql.bulk_writes import upsert
from adapters.sql.database import Database, time_of
from application.ports.clock import Clock
from domain.allowance import EPOCH
from domain.ids import AppId


class SqlLedger:
    """Budgets in rows of the database; a change holds its row's lock, for four short statements. Dated by the database's
    clock unless one is given.
    """

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock

    def change(self, app: AppId, write: Callable[[str | None, timedelta], str | None]) -> None:
        row = tables.budgets.c
        mine = select(row.text).where(row.app == app).with_for_update()
        with self._database.changing() as connection:
            stored = connection.execute(mine).first()
            if stored is None:
                connection.execute(upsert(connection, tables.budgets).values(app=app).on_conflict_do_nothing())
                stored = connection.execute(mine).one()
            text = write(stored.text, time_of(connection, self._clock) - EPOCH)
            if text is not None:
                connection.execute(update(tables.budgets).where(row.app == app).values(text=text))
            connection.commit()
