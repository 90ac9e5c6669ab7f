"""Ids as they come from outside: what is no UUID is nobody's id, so it is simply unknown."""

import re

from domain.errors import ConnectionNotFound, OfferNotFound
from domain.ids import ConnectionId, OfferId

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def connection_id(text: str) -> ConnectionId:
    """Raises ConnectionNotFound."""
    if not UUID.fullmatch(text.lower()):
        raise ConnectionNotFound
    return ConnectionId(text.lower())


def offer_id(text: str) -> OfferId:
    """Raises OfferNotFound."""
    if not UUID.fullmatch(text.lower()):
        raise OfferNotFound
    return OfferId(text.lower())
