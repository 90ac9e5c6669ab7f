"""The ports for what is kept of one owner: grants with their connections, offers, consents, revocations, facts.

Whatever is looked for by an id is looked for among the owner's alone. Who works for the whole fleet has `StoreOfAllOwners`.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from application.ports.audit_trail import AuditTrail
from application.ports.mirror_records import MirrorRecords
from application.ports.outbox_writing import Outbox
from domain.consent import Consent, Ending
from domain.erasure import Erasure
from domain.grant import Grant
from domain.ids import AdvertiserId, ConnectionId, GrantId, OfferId, OwnerId
from domain.offer import Offer
from domain.queued_revocation import Revocation


class Grants(Protocol):
    """Grants with their connections. In a writing unit of work every grant that is read is locked until its end."""

    def add(self, grant: Grant) -> None:
        """Store a new grant with its connections, reach and events."""

    def get(self, grants: Iterable[GrantId], *, owner: OwnerId) -> list[Grant]:
        """These grants, those that the owner has, locked in the order of their ids. Another's are as if they were not there."""

    def save(self, grant: Grant) -> None:
        """Store all of a grant that was read here, and its events.

        Raises Conflict when its owner has an account connected twice.
        """

    def of_connection(self, connection: ConnectionId, *, owner: OwnerId) -> Grant | None:
        """The owner's grant that this connection is under now, by its id or the one it had formerly. Another's is not locked."""

    def of_account(self, owner: OwnerId, advertiser: AdvertiserId) -> Grant | None:
        """The grant that this owner's connection to the account is under now."""

    def connecting(self, owner: OwnerId, advertisers: Iterable[AdvertiserId]) -> list[Grant]:
        """Grants of the owner with a connection to any of these accounts, in the order of their ids."""

    def of_owner(self, owner: OwnerId) -> list[Grant]:
        """Grants of the owner that have a connection."""

    def living_of(self, owner: OwnerId) -> list[Grant]:
        """Grants of the owner that are not erased, connected or not. It may cost a look at every grant."""


class Offers(Protocol):
    """Choices awaited, made and missed."""

    def add(self, offer: Offer) -> None:
        """Store a new offer."""

    def get(self, offer: OfferId, *, owner: OwnerId) -> Offer | None:
        """The owner's offer, locked in a writing unit of work. Another's is as if it were not there."""

    def save(self, offer: Offer) -> None:
        """Store what became of an offer that was read here."""

    def of_grant(self, grant: GrantId, *, owner: OwnerId) -> Offer | None:
        """The offer that this grant of the owner came with."""

    def empty_of(self, owner: OwnerId) -> None:
        """Close all of this user's and name no account in them any more."""


class Consents(Protocol):
    """One-use states."""

    def add(self, consent: Consent) -> None:
        """Store a new consent."""

    def consume(self, state_digest: str, now: datetime, *, owner: OwnerId) -> Consent | None:
        """Take an unused, unexpired state of the owner, exactly once. None when there is none to take."""

    def give_back(self, state_digest: str, *, owner: OwnerId) -> None:
        """Make a consumed state usable again, since its code was not sent. Nothing happens where it has ended or is forgotten."""

    def get(self, state_digest: str, *, owner: OwnerId) -> Consent | None:
        """The owner's consent, used or not. Another's is as if it were not there."""

    def end(self, state_digest: str, ending: Ending, *, owner: OwnerId) -> None:
        """Note what came of it, for repeats. Nothing happens where it is forgotten."""

    def keep_newest(self, owner: OwnerId, count: int) -> int:
        """Drop the owner's oldest unused ones, so that no more than `count` are left; returns how many."""

    def forget_of(self, owner: OwnerId) -> int:
        """Drop all of the owner, used or not; returns how many."""


class Revocations(Protocol):
    """Tokens on their way out."""

    def add(self, revocation: Revocation) -> None:
        """Queue a token."""

    def under_way(self, now: datetime) -> bool:
        """Whether any of anybody's is reserved: a call that ends an authorisation may be on its way to the platform."""


class Erasures(Protocol):
    """Users whose everything was erased, by digests of their ids."""

    def note(self, erasure: Erasure) -> None:
        """Keep it, in the place of an earlier one of the same user. Raises Conflict when another unit did so first."""

    def of(self, *owner_digests: str) -> Erasure | None:
        """The newest of the user who is known by any of these digests, however old."""


class UnitOfWork(AbstractContextManager["UnitOfWork"], Protocol):
    """One transaction. Leaving it without `commit` undoes everything.

    Raises StoreUnavailable when the database is away, Conflict when another transaction was first.
    """

    @property
    def grants(self) -> Grants:
        """Its grants."""

    @property
    def offers(self) -> Offers:
        """Its offers."""

    @property
    def consents(self) -> Consents:
        """Its consents."""

    @property
    def revocations(self) -> Revocations:
        """Its revocations."""

    @property
    def erasures(self) -> Erasures:
        """Its erased users."""

    @property
    def audit_trail(self) -> AuditTrail:
        """Who did what, stored with it."""

    @property
    def outbox(self) -> Outbox:
        """Its outbox."""

    @property
    def mirror(self) -> MirrorRecords:
        """What is known of the dashboard's rows."""

    def commit(self) -> None:
        """Make it all durable, or nothing."""


class Store(Protocol):
    """Where units of work for one owner come from."""

    def read(self) -> UnitOfWork:
        """For looking only: it locks nothing and must not be committed."""

    def write(self) -> UnitOfWork:
        """For changes."""

    def try_write(self) -> None:
        """See that changes are taken, and make none. Raises StoreUnavailable."""

    def vacuum_traces(self) -> bool:
        """Leave nothing of erased values in what lies beneath the rows; cheap when there is nothing, and over in a moment.

        False: somebody still uses it as it was, and it is to be called again. Raises StoreUnavailable.
        """
