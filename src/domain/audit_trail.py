"""The audit trail: who did what to which connection, from where, and when."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeVar

from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId

COUNTED_WITHIN = timedelta(minutes=1)
"""Acts that are alike in everything but their time are one record, with a count, for each of these spans: whoever repeats one a
thousand times a second adds a row a minute."""

BRIEFLY_KEPT = timedelta(days=30)
"""How long vends and readings of spend are kept one by one. Of vends daily counts remain."""

LONGEST_DETAIL = 64
"""Characters. A detail is a word of ours or a code, never what somebody sent."""


class ActorKind(Enum):
    """What kind of somebody acts."""

    USER = "user"
    SERVICE = "service"
    OPERATOR = "operator"
    SYSTEM = "system"

    @classmethod
    def _missing_(cls, _word: object) -> "ActorKind":
        """What a newer version calls by another word."""
        return cls.SYSTEM


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from which IP address, where there is one."""

    kind: ActorKind
    name: str
    """A user's id, a service's name, an operator's name on their machine; empty for the system."""
    address: str | None = None

    @classmethod
    def user(cls, owner: OwnerId, address: str | None = None) -> "Actor":
        """A person with a session."""
        return cls(ActorKind.USER, owner, address)

    @classmethod
    def service(cls, name: str, address: str | None = None) -> "Actor":
        """A backend service with a secret of its own."""
        return cls(ActorKind.SERVICE, name, address)

    @classmethod
    def operator(cls, name: str) -> "Actor":
        """Whoever runs a command."""
        return cls(ActorKind.OPERATOR, name)


SYSTEM = Actor(ActorKind.SYSTEM, "")
"""What happens without anybody's asking."""


class Act(Enum):
    """What is done."""

    CONNECT_BEGUN = "connect_begun"
    CONNECT_COMPLETED = "connect_completed"
    CONNECT_REFUSED = "connect_refused"
    ACCOUNT_CONNECTED = "account_connected"
    CHOICE_CANCELLED = "choice_cancelled"
    DISCONNECTED = "disconnected"
    REFRESH_ASKED = "refresh_asked"
    SPEND_READ = "spend_read"
    USER_ERASED = "user_erased"
    CALLS_PAUSED = "calls_paused"
    CALLS_RESUMED = "calls_resumed"
    KEYS_ROTATED = "keys_rotated"
    KEY_FORGOTTEN = "key_forgotten"
    DATABASE_ADOPTED = "database_adopted"
    DATABASE_HELD = "database_held"
    SEARCHED = "searched"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, _word: object) -> "Act":
        """What a newer version calls by another word."""
        return cls.UNKNOWN

    @property
    def briefly_kept(self) -> bool:
        """Whether it is kept for a month alone, as vends are: services repeat it all day."""
        return self is Act.SPEND_READ


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One act, or several that are alike within a minute: the first at `at`, the last at `last_at`."""

    act: Act
    actor: Actor
    at: datetime
    owner: str | None = None
    """Whose connections it is about; after their erasure a pseudonym."""
    grant: GrantId | None = None
    connection: ConnectionId | None = None
    account: str | None = None
    """The platform's id of the account; after an erasure a pseudonym."""
    detail: str = ""
    count: int = 1
    last_at: datetime | None = None
    """None: at the same time."""

    @property
    def likeness(self) -> tuple[object, ...]:
        """What records have in common that are counted as one."""
        return (
            minute_of(self.at).isoformat(),
            self.act.value,
            self.actor.kind.value,
            self.actor.name,
            *(text or "" for text in (self.actor.address, self.owner, self.grant, self.connection, self.account)),
            self.detail,
        )

    def and_another(self, other: "AuditRecord") -> "AuditRecord":
        """Both as one."""
        ends = (self.at, self.last_at or self.at, other.at, other.last_at or other.at)
        return replace(self, at=min(ends), last_at=max(ends), count=self.count + other.count)

    def under_pseudonyms(self, pseudonym_of: Callable[[str], str]) -> "AuditRecord":
        """What it becomes when its owner is erased: it names neither them nor their account, nor where they were."""
        actor, owner = self.actor, self.owner or ""
        name = pseudonym_of(owner) if actor.kind is ActorKind.USER and actor.name == owner else actor.name
        account = pseudonym_of(self.account) if self.account else None
        return replace(self, owner=pseudonym_of(owner), account=account, actor=Actor(actor.kind, name))


@dataclass(frozen=True, slots=True)
class VendRecord:
    """How often a service was given the token of a connection within a minute."""

    connection: ConnectionId
    minute: datetime
    service: str
    address: str
    """The IP address; empty where there is none."""
    count: int
    last_at: datetime

    @classmethod
    def of(cls, connection: ConnectionId, service: Actor, at: datetime) -> "VendRecord":
        """A single one."""
        return cls(connection, minute_of(at), service.name, service.address or "", 1, at)

    @property
    def likeness(self) -> tuple[object, ...]:
        """What records have in common that are counted as one."""
        return (self.connection, self.minute, self.service, self.address)

    def and_another(self, other: "VendRecord") -> "VendRecord":
        """Both as one."""
        return replace(self, count=self.count + other.count, last_at=max(self.last_at, other.last_at))


@dataclass(frozen=True, slots=True)
class AuditSubject:
    """Whose history is asked for: one of them is given."""

    connection: ConnectionId | None = None
    owner: OwnerId | None = None
    account: AdvertiserId | None = None


Counted = TypeVar("Counted", AuditRecord, VendRecord)


def counted_together(records: Iterable[Counted]) -> list[Counted]:
    """One of each likeness, in the order in which they first came."""
    counted = dict[tuple[object, ...], Counted]()
    for record in records:
        known = counted.get(record.likeness)
        counted[record.likeness] = known.and_another(record) if known else record
    return list(counted.values())


def minute_of(time: datetime) -> datetime:
    """When its minute began."""
    return time.replace(second=0, microsecond=0)
