"""Offer: the accounts that a new grant reaches, waiting ten minutes for a choice. It holds no tokens: its grant does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.advertiser import Advertiser
from domain.errors import AccountNotOnOffer, OfferExpired, OfferUsed
from domain.ids import AdvertiserId, GrantId, OfferId, OwnerId

OFFER_LIFE = timedelta(minutes=10)
"""How long a choice is awaited."""

OFFER_KEPT_FOR = timedelta(days=30)
"""How long after its end an offer is remembered, so that whoever comes back to it is told that it is over."""


@dataclass(slots=True)
class Offer:
    """What was found behind a consent, and what was chosen of it."""

    id: OfferId
    owner: OwnerId
    grant: GrantId
    expires_at: datetime
    advertisers: tuple[Advertiser, ...] = ()
    chosen: frozenset[AdvertiserId] | None = None
    closed: bool = False
    """Cancelled, or ended without anything to choose."""

    def open(self, now: datetime) -> bool:
        """Whether a choice is still awaited."""
        return self.chosen is None and not self.closed and now < self.expires_at

    @property
    def selectable(self) -> tuple[Advertiser, ...]:
        return tuple(a for a in self.advertisers if a.selectable)

    @property
    def unavailable(self) -> tuple[Advertiser, ...]:
        return tuple(a for a in self.advertisers if not a.selectable)

    def choose(self, accounts: frozenset[AdvertiserId], now: datetime) -> tuple[Advertiser, ...]:
        """Take the choice; the same choice again is no error.

        Raises OfferExpired when it is over, OfferUsed on another choice, AccountNotOnOffer for what can't be chosen.
        """
        if now >= self.expires_at or self.closed:
            raise OfferExpired
        if self.chosen is not None and self.chosen != accounts:
            raise OfferUsed
        by_id = {a.id: a for a in self.selectable}
        if strangers := sorted(accounts - by_id.keys()):
            raise AccountNotOnOffer(tuple(strangers))
        self.chosen = accounts
        return tuple(by_id[a] for a in sorted(accounts))

    def close(self) -> None:
        """End the choice without one."""
        self.closed = True
