"""A database of this process: rows by id, one transaction at a time."""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, field

from domain.consent import Consent
from domain.errors import StoreUnavailable
from domain.events import Event
from domain.grant import Grant
from domain.ids import GrantId, OfferId, RevocationId
from domain.offer import Offer
from domain.revocation import Revocation


@dataclass(slots=True)
class Rows:
    """Everything that is kept."""

    grants: dict[GrantId, Grant] = field(default_factory=dict)
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    revocations: dict[RevocationId, Revocation] = field(default_factory=dict)
    notices: set[tuple[GrantId, str]] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)

    def twin(self) -> Rows:
        """The same rows in other tables: what a transaction works on."""
        return Rows(
            dict(self.grants),
            dict(self.offers),
            dict(self.consents),
            dict(self.revocations),
            set(self.notices),
            list(self.events),
        )


class MemoryDatabase:
    """Rows behind one lock. `away` makes it refuse, as a database does that can't be reached."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.lock = threading.RLock()
        self.away = False

    def answer(self) -> Rows:
        """The rows, or StoreUnavailable while the database is away."""
        if self.away:
            raise StoreUnavailable
        return self.rows


def copy_of(grant: Grant) -> Grant:
    """A grant that can be changed without changing the row."""
    twin = copy.copy(grant)
    twin.connections, twin.events = dict(grant.connections), []
    return twin
