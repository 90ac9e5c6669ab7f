"""The ports for what is kept: grants with their connections, offers, consents, revocations, facts."""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from application.ports.mirror_records import MirrorRecords
from application.ports.outbox_writing import Outbox
from domain.consent import Consent, Ending
from domain.erasure import Erasure
from domain.grant import Grant
from domain.ids import AdvertiserId, AppId, ConnectionId, GrantId, OfferId, OwnerId, RevocationId
from domain.offer import Offer
from domain.queued_revocation import Revocation


class Grants(Protocol):
    """Grants with their connections. In a writing unit of work every grant that is read is locked until its end."""

    def add(self, grant: Grant) -> None:
        """Store a new grant with its connections, reach and events."""

    def get(self, grants: Iterable[GrantId]) -> list[Grant]:
        """These grants, those that exist, locked in the order of their ids."""

    def save(self, grant: Grant) -> None:
        """Store all of a grant that was read here, and its events.

        Raises Conflict when its owner has an account connected twice.
        """

    def of_connection(self, connection: ConnectionId) -> Grant | None:
        """The grant that this connection is under now, by its id or the one it had formerly."""

    def of_account(self, owner: OwnerId, advertiser: AdvertiserId) -> Grant | None:
        """The grant that this owner's connection to the account is under now."""

    def connecting(self, owner: OwnerId, advertisers: Iterable[AdvertiserId]) -> list[Grant]:
        """Grants of the owner with a connection to any of these accounts, in the order of their ids."""

    def of_owner(self, owner: OwnerId) -> list[Grant]:
        """Grants of the owner that have a connection."""

    def living_of(self, owner: OwnerId) -> list[Grant]:
        """Grants of the owner that are not erased, connected or not. It may cost a look at every grant."""

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


class Offers(Protocol):
    """Choices awaited, made and missed."""

    def add(self, offer: Offer) -> None:
        """Store a new offer."""

    def get(self, offer: OfferId) -> Offer | None:
        """The offer, locked in a writing unit of work."""

    def save(self, offer: Offer) -> None:
        """Store what became of an offer that was read here."""

    def of_grant(self, grant: GrantId) -> Offer | None:
        """The offer that this grant came with."""

    def ended(self, now: datetime, *, limit: int) -> list[Offer]:
        """Offers that are over while their grant lives without a connection: what is to be cleared away."""

    def forget(self, before: datetime) -> int:
        """Drop those that expired before this time, but for the ones that are yet to be cleared away; returns how many."""

    def empty_of(self, owner: OwnerId) -> None:
        """Close all of this user's and name no account in them any more."""


class Consents(Protocol):
    """One-use states."""

    def add(self, consent: Consent) -> None:
        """Store a new consent."""

    def consume(self, state_digest: str, now: datetime) -> Consent | None:
        """Take an unused, unexpired state, exactly once. None when there is none to take."""

    def give_back(self, state_digest: str) -> None:
        """Make a consumed state usable again, since its code was not sent. Nothing happens where it has ended or is forgotten."""

    def get(self, state_digest: str) -> Consent | None:
        """The consent, used or not."""

    def end(self, state_digest: str, ending: Ending) -> None:
        """Note what came of it, for repeats. Nothing happens where it is forgotten."""

    def exchanging(self, since: datetime, until: datetime) -> bool:
        """Whether some consent was consumed between these times and has not ended: a pair may be on its way to the store."""

    def keep_newest(self, owner: OwnerId, count: int) -> int:
        """Drop the owner's oldest unused ones, so that no more than `count` are left; returns how many."""

    def forget(self, before: datetime) -> int:
        """Drop those that expired before this time; returns how many."""

    def forget_of(self, owner: OwnerId) -> int:
        """Drop all of the owner, used or not; returns how many."""


class Revocations(Protocol):
    """Tokens on their way out."""

    def add(self, revocation: Revocation) -> None:
        """Queue a token."""

    def any_due(self, app: AppId, now: datetime) -> bool:
        """Whether there is anything to take."""

    def take_due(
        self, app: AppId, *, limit: int, lease: timedelta, now: datetime, served: Collection[OwnerId] = ()
    ) -> list[Revocation]:
        """Reserve due ones of this app for the time of the lease, oldest first; of others those that are to be given up alone.

        Those of owners who were `served` come last.

        They are under way until saved, done, or the lease ends.
        """

    def under_way(self, now: datetime) -> bool:
        """Whether any is reserved: a call that ends an authorisation may be on its way to the platform."""

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


class Erasures(Protocol):
    """Users whose everything was erased, by digests of their ids."""

    def note(self, erasure: Erasure) -> None:
        """Keep it, in the place of an earlier one of the same user. Raises Conflict when another unit did so first."""

    def of(self, owner_digest: str) -> Erasure | None:
        """The newest of this user, however old."""

    def forget(self, before: datetime) -> int:
        """Drop those of before then; returns how many."""


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
    def notices(self) -> Notices:
        """Its notices."""

    @property
    def erasures(self) -> Erasures:
        """Its erased users."""

    @property
    def outbox(self) -> Outbox:
        """Its outbox."""

    @property
    def mirror(self) -> MirrorRecords:
        """What is known of the dashboard's rows, and what they are to show."""

    def commit(self) -> None:
        """Make it all durable, or nothing."""


class Store(Protocol):
    """Where units of work come from."""

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
