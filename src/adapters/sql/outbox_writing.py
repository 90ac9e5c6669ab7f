"""What is written to the outbox, as rows."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete

from adapters.sql import tables
from adapters.sql.bulk_writes import add_many
from domain.events import Event


class SqlOutbox:
    """Facts as rows, in the order of their ids."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, events: Sequence[Event]) -> None:
        rows = [
            {
                "type": type(event).__name__,
                "grant_id": event.grant,
                "owner": event.owner,
                "at": event.at,
                "payload": msgspec.json.encode(event).decode(),
            }
            for event in events
        ]
        if rows:
            add_many(self._connection, tables.outbox, rows)

    def clear(self) -> None:
        self._connection.execute(delete(tables.outbox))
        self._connection.execute(delete(tables.webhook_messages))
