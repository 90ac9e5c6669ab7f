"""What all processes share about sealing, as a row."""

from collections.abc import Callable

from sqlalchemy import select, update

from adapters.sql import tables
from adapters.sql.bulk_writes import upsert
from adapters.sql.database import Database
from domain.sealing_state import SealingState

THE_ROW = 1

row = tables.sealing.c


class SqlSealingRecord:
    """The record as one row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> SealingState | None:
        with self._database.reading() as connection:
            state: SealingState | None = connection.scalar(select(row.record).where(row.number == THE_ROW))
        return state

    def change(self, change: Callable[[SealingState | None], SealingState]) -> SealingState:
        mine = select(row.record).where(row.number == THE_ROW).with_for_update()
        with self._database.changing() as connection:
            stored = connection.execute(mine).first()
            if stored is None:
                connection.execute(upsert(connection, tables.sealing).values(number=THE_ROW).on_conflict_do_nothing())
                stored = connection.execute(mine).one()
            changed = change(stored.record)
            if changed != stored.record:
                connection.execute(update(tables.sealing).where(row.number == THE_ROW).values(record=changed))
            connection.commit()
        return changed
