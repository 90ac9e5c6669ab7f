"""The outbox as rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete, insert

from adapters.sql import tables
from domain.events import Event


class SqlOutbox:
    """Facts as rows, in the order of their ids."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, events: Sequence[Event]) -> None:
        for event in events:
            self._connection.execute(
                insert(tables.outbox).values(
                    type=type(event).__name__,
                    grant_id=event.grant,
                    owner=event.owner,
                    at=event.at,
                    payload=msgspec.json.encode(event).decode(),
                )
            )

    def clear(self) -> None:
        self._connection.execute(delete(tables.outbox))
