"""A few sealed tokens from the database, to try the keys with."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from adapters.sql import tables
from adapters.sql.database import Database
from domain.seal_place import SealPlace
from domain.tokens import Sealed

row = tables.grants.c

Samples = dict[str, list[tuple[SealPlace, Sealed]]]
"""Sealed access tokens with what they are bound to, by the id of the key that sealed them."""


def sealed_access_tokens(database: Database, *, limit: int) -> Samples:
    """Of each key the newest and the oldest, about `limit` in all; quick, however many there are. Raises StoreUnavailable."""
    with database.reading() as connection:
        keys = list(keys_in_use(connection))
        some = max(limit // 2 // max(len(keys), 1), 1)
        return {key: samples_of(connection, key, some) for key in keys}


def keys_in_use(connection: Connection) -> Iterator[str]:
    """Each key once: the index is asked for the next one, and not walked."""
    last = ""
    while next_one := connection.scalar(select(row.key_id).where(tables.SEALED, row.key_id > last).order_by(row.key_id).limit(1)):
        yield next_one
        last = next_one


def samples_of(connection: Connection, key: str, some: int) -> list[tuple[SealPlace, Sealed]]:
    """So many of either end."""
    sealed = select(row.id, row.owner, row.generation, row.access).where(tables.SEALED, row.key_id == key).limit(some)
    ends = (connection.execute(sealed.order_by(order)).all() for order in (row.created_at.desc(), row.created_at))
    return list({(SealPlace(r.owner, r.id, r.generation), Sealed(r.access)) for end in ends for r in end})
