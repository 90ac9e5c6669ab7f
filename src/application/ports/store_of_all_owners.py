"""The same ports for work on the whole fleet: sweeps, audits, housekeeping, operators. No owner has to be named here.

A use-case that acts for a person has `Store` instead; `tests/architecture/test_tenancy.py` lists those that do not.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol, Self

from application.ports.mirror_records import MirrorRecordsOfAllOwners
from application.ports.outbox_writing import Outbox
from application.ports.store import Consents, Erasures, Grants, Offers, Revocations, Store, UnitOfWork
from domain.consent import Consent, Ending
from domain.grant import Grant
from domain.ids import AdvertiserId, AppId, ConnectionId, GrantId, OfferId, OwnerId, RevocationId
from domain.offer import Offer
from domain.queued_revocation import Revocation


class GrantsOfAllOwners(Grants, Protocol):
    """Everybody's grants. Where an owner is named, it is theirs alone."""

    def get(self, grants: Iterable[GrantId], *, owner: OwnerId | None = None) -> list[Grant]:
        """These grants, those that exist, locked in the order of their ids."""

    def of_connection(self, connection: ConnectionId, *, owner: OwnerId | None = None) -> Grant | None:
        """The grant that this connection is under now, by its id or the one it had formerly."""

    def unread_since(self, app: AppId, before: datetime, *, limit: int) -> list[GrantId]:
        """Live connected grants of the app whose reach was last read by this time, the longest ago first."""

    def ending(self, app: AppId, until: datetime, *, after: GrantId | None, limit: int) -> list[GrantId]:
        """Live connected grants of the app whose refresh token ends by then, by their ids, from behind `after` on."""

    def hopeless(self, before: datetime, *, limit: int) -> list[GrantId]:
        """Grants that have needed reauthorisation since before this time and still hold tokens, the longest first."""

    def asleep(self, app: AppId, until: datetime, *, limit: int) -> list[GrantId]:
        """Grants of the app that can be renewed, not due yet, whose access token is said to live beyond this time."""

    def cut_down(self, before: datetime, *, limit: int) -> int:
        """Drop what is kept of grants that were erased before this time, but for what tells that they are; returns how many.

        Their reach, their notices and whose they were go; id, generation and health stay, by which a late answer is known to
        be unwanted.
        """

    def page(self, *, after: GrantId | None, limit: int) -> list[GrantId]:
        """All grants that are not erased, by their ids, from behind `after` on."""

    def another_live_grant_shares(
        self, fingerprint: str, reach: Iterable[AdvertiserId], *, besides: GrantId, now: datetime
    ) -> bool:
        """Whether another live grant, of any owner, has this very access token or reaches one of these accounts.

        Live: with tokens, and with a connection or an open offer.
        """


class OffersOfAllOwners(Offers, Protocol):
    """Everybody's choices."""

    def get(self, offer: OfferId, *, owner: OwnerId | None = None) -> Offer | None:
        """The offer, locked in a writing unit of work."""

    def of_grant(self, grant: GrantId, *, owner: OwnerId | None = None) -> Offer | None:
        """The offer that this grant came with."""

    def ended(self, now: datetime, *, limit: int) -> list[Offer]:
        """Offers that are over while their grant lives without a connection: what is to be cleared away."""

    def forget(self, before: datetime) -> int:
        """Drop those that expired before this time, but for the ones that are yet to be cleared away; returns how many."""


class ConsentsOfAllOwners(Consents, Protocol):
    """Everybody's one-use states."""

    def consume(self, state_digest: str, now: datetime, *, owner: OwnerId | None = None) -> Consent | None:
        """Take an unused, unexpired state, exactly once. None when there is none to take."""

    def give_back(self, state_digest: str, *, owner: OwnerId | None = None) -> None:
        """Make a consumed state usable again, since its code was not sent. Nothing happens where it has ended or is forgotten."""

    def get(self, state_digest: str, *, owner: OwnerId | None = None) -> Consent | None:
        """The consent, used or not."""

    def end(self, state_digest: str, ending: Ending, *, owner: OwnerId | None = None) -> None:
        """Note what came of it, for repeats. Nothing happens where it is forgotten."""

    def exchanging(self, since: datetime, until: datetime) -> bool:
        """Whether some consent was consumed between these times and has not ended: a pair may be on its way to the store."""

    def forget(self, before: datetime) -> int:
        """Drop those that expired before this time; returns how many."""


class RevocationsOfAllOwners(Revocations, Protocol):
    """Everybody's tokens on their way out."""

    def any_due(self, app: AppId, now: datetime) -> bool:
        """Whether there is anything to take."""

    def take_due(
        self, app: AppId, *, limit: int, lease: timedelta, now: datetime, served: Collection[OwnerId] = ()
    ) -> list[Revocation]:
        """Reserve due ones of this app for the time of the lease, oldest first; of others those that are to be given up alone.

        Those of owners who were `served` come last.

        They are under way until saved, done, or the lease ends.
        """

    def save(self, revocation: Revocation) -> None:
        """Store its failures and when it is due again."""

    def sealed_by(self, key: str, *, limit: int) -> list[Revocation]:
        """Those whose token this key sealed, by the id in the text."""

    def done(self, revocation: RevocationId) -> None:
        """Erase it with its token."""

    def clear(self) -> None:
        """Erase all of them with their tokens, which stay as they are at the platform."""


class Notices(Protocol):
    """What was announced, so that it is announced once."""

    def first(self, grant: GrantId, what: str) -> bool:
        """Whether this was not announced before; from now on it was."""


class ErasuresOfAllOwners(Erasures, Protocol):
    """All erased users."""

    def forget(self, before: datetime) -> int:
        """Drop those of before then; returns how many."""


class OutboxOfAllOwners(Outbox, Protocol):
    """Everybody's facts."""

    def clear(self) -> None:
        """Forget everything that was not sent, the messages that wait for the webhook receiver included."""


class UnitOfWorkOfAllOwners(UnitOfWork, Protocol):
    """One transaction over whatever is kept, of everybody."""

    def __enter__(self) -> Self:
        """Begin it."""

    @property
    def grants(self) -> GrantsOfAllOwners:
        """Its grants."""

    @property
    def offers(self) -> OffersOfAllOwners:
        """Its offers."""

    @property
    def consents(self) -> ConsentsOfAllOwners:
        """Its consents."""

    @property
    def revocations(self) -> RevocationsOfAllOwners:
        """Its revocations."""

    @property
    def notices(self) -> Notices:
        """Its notices."""

    @property
    def erasures(self) -> ErasuresOfAllOwners:
        """Its erased users."""

    @property
    def outbox(self) -> OutboxOfAllOwners:
        """Its outbox."""

    @property
    def mirror(self) -> MirrorRecordsOfAllOwners:
        """What is known of the dashboard's rows, and what they are to show."""


class StoreOfAllOwners(Store, Protocol):
    """Where units of work for the whole fleet come from."""

    def read(self) -> UnitOfWorkOfAllOwners:
        """For looking only: it locks nothing and must not be committed."""

    def write(self) -> UnitOfWorkOfAllOwners:
        """For changes."""
