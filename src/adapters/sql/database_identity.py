"""The identity as a row of the database."""

import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from adapters.sql import tables
from adapters.sql.bulk_writes import upsert
from adapters.sql.database import Database, time_of
from application.ports.clock import Clock
from domain.database_identity import DatabaseIdentity
from domain.errors import StoreUnavailable
from domain.ids import DatabaseId

THE_ROW = 1

row = tables.database_identity.c
SERVER = "SELECT system_identifier, oid FROM pg_control_system(), pg_database WHERE datname = current_database()"


class SqlIdentityRecord:
    """The identity as one row. Dated by the database's clock unless one is given."""

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock

    def read(self) -> DatabaseIdentity:
        with self._database.reading() as connection:
            record = connection.scalar(select(row.record).where(row.number == THE_ROW))
        return record or self.change(lambda identity, _: identity)

    def change(self, change: Callable[[DatabaseIdentity, datetime], DatabaseIdentity]) -> DatabaseIdentity:
        mine = select(row.record).where(row.number == THE_ROW).with_for_update()
        with self._database.changing() as connection:
            held = connection.scalar(mine)
            if held is None:
                new = DatabaseIdentity(DatabaseId(str(uuid.uuid4())))
                insert = upsert(connection, tables.database_identity).values(number=THE_ROW, record=new)
                connection.execute(insert.on_conflict_do_nothing())
                held = connection.execute(mine).scalar_one()
            changed = change(held, time_of(connection, self._clock))
            if changed != held:
                connection.execute(update(tables.database_identity).where(row.number == THE_ROW).values(record=changed))
            connection.commit()
        return changed

    def place(self) -> str:
        if not self._database.is_postgres:
            file = self._database.engine.url.database
            return f"inode {Path(file).stat().st_ino}" if file and Path(file).exists() else "memory"
        try:
            with self._database.reading() as connection:
                server, database = connection.exec_driver_sql(SERVER).one()
        except (StoreUnavailable, SQLAlchemyError):  # a role may be kept from the server's own functions
            return ""
        return f"server {server}, database {database}"
