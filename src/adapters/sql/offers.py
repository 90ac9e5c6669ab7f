"""Offers as rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from adapters.sql import tables
from adapters.sql.grant_rows import Columns, fields_of
from domain.advertiser import Advertiser
from domain.ids import GrantId, OfferId, OwnerId
from domain.offer import Offer


class SqlOffers:
    """Choices as rows, their accounts as JSON."""

    def __init__(self, connection: Connection, *, locks: bool) -> None:
        self._connection, self._locks = connection, locks
        self._read: dict[OfferId, tuple[Advertiser, ...]] = {}

    def add(self, offer: Offer) -> None:
        self._connection.execute(insert(tables.offers).values(row_of(offer)))

    def get(self, offer: OfferId, *, owner: OwnerId | None = None) -> Offer | None:
        query = select(tables.offers).where(tables.offers.c.id == offer, *of_owner(owner))
        row = self._connection.execute(query.with_for_update() if self._locks else query).first()
        found = offer_of(row) if row else None
        if found:
            self._read[offer] = found.advertisers
        return found

    def save(self, offer: Offer) -> None:
        values = row_of(offer)
        if offer.advertisers is self._read.get(offer.id):  # a newer version may have said more than was understood here
            del values["advertisers"]
        self._connection.execute(update(tables.offers).where(tables.offers.c.id == offer.id).values(values))

    def of_grant(self, grant: GrantId, *, owner: OwnerId | None = None) -> Offer | None:
        query = select(tables.offers).where(tables.offers.c.grant_id == grant, *of_owner(owner))
        row = self._connection.execute(query).first()
        return offer_of(row) if row else None

    def ended(self, now: datetime, *, limit: int) -> list[Offer]:
        offers = tables.offers.c
        over = or_(offers.closed, offers.chosen.is_not(None), offers.expires_at <= now)
        loose = select(tables.offers).join(tables.grants).where(tables.LOOSE, over)
        return [offer_of(row) for row in self._connection.execute(loose.order_by(offers.expires_at).limit(limit))]

    def forget(self, before: datetime) -> int:
        offers = tables.offers.c
        loose = select(tables.grants.c.id).where(tables.LOOSE)
        old = delete(tables.offers).where(offers.expires_at < before, offers.grant_id.not_in(loose))
        return self._connection.execute(old).rowcount

    def empty_of(self, owner: OwnerId) -> None:
        nothing = {"closed": True, "advertisers": (), "chosen": None}
        self._connection.execute(update(tables.offers).where(tables.offers.c.owner == owner).values(nothing))


def of_owner(owner: OwnerId | None) -> list[ColumnElement[bool]]:
    """What an offer is held to; None: it may be anybody's."""
    return [] if owner is None else [tables.offers.c.owner == owner]


def row_of(offer: Offer) -> Columns:
    """An offer as a row."""
    columns = fields_of(offer)
    return columns | {"grant_id": columns.pop("grant")}


def offer_of(row: Row[Any]) -> Offer:
    """A row as the offer it was."""
    return Offer(row.id, row.owner, row.grant_id, row.expires_at, row.advertisers, row.chosen, row.closed)
