"""The row by which the dashboard shows a connection, and what is to become of it there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.ids import AdvertiserId, ConnectionId, OwnerId

APART = timedelta(microseconds=1)
"""By so much the rows of one owner differ in age: the dashboard orders by age alone."""

ERASED = OwnerId("")
"""Stands for an owner whose id was erased: whose row it was is then told by the row alone."""

REMEMBERED_FOR = timedelta(days=400)
"""How long a row is remembered that is gone, and whose connection is: no backup of theirs that is restored is older. A still
older one freezes the mirror, as rows do that nobody here wrote.
"""


@dataclass(frozen=True, slots=True)
class MirroredRow:
    """A connection as the dashboard's own table has it. It never holds a token."""

    connection: ConnectionId
    owner: OwnerId
    account: AdvertiserId
    account_name: str
    needs_reauth: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Show:
    """The row is to be there, with these values."""

    row: MirroredRow
    insert: bool
    """Whether it may be made: it was never written since the person last connected. Else a row that is gone stays gone."""
    gives_way: tuple[ConnectionId, ...] = ()
    """Where it is made: rows of ours without connections whose place it takes, if they are of the same owner and account."""


@dataclass(frozen=True, slots=True)
class Remove:
    """The row is to be gone."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing is written: the mirror is frozen or off, or the row is missing there and nobody has connected since."""


Intent = Show | Remove | Leave
"""What our state asks of a row. It is read under the row's lock there, and never carried anywhere."""


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """What we remember of a row that we wrote, or set out to write. It outlives the row's removal, for a backup of theirs may
    bring the row back.
    """

    connection: ConnectionId
    owner: OwnerId
    confirmed_for: int | None = None
    """How often the person had connected (`Connection.times_connected`) when a look last saw the row; None: none ever did.

    That it was written confirms nothing: a standby that takes over may lack what was written last, and is then found to have gone
    back only if a look has seen the database as it was.
    """
    stale: bool = False
    """A rebuild found it without a connection of ours, and made it say that its person must connect again. It stays so."""
    gone_at: datetime | None = None
    """Since when looks find it gone, and its connection is; None: one of the two is there, or no look has told yet."""


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row that we wrote, or set out to write, with what its connection says of it at the same moment."""

    written: WrittenRow
    times_connected: int | None
    """Of the connection; None: there is no such connection any more."""
    missing_since: datetime | None = None
    """Of the connection."""

    @property
    def is_expected(self) -> bool:
        """Whether it was there since the person last connected, and nothing of ours removes it: only then is it missing."""
        confirmed = self.written.confirmed_for
        return self.times_connected is not None and confirmed is not None and confirmed >= self.times_connected

    def intent(self, row: MirroredRow | None, *, writes: bool, left_over: Iterable[ConnectionId] = ()) -> Intent:
        """What is to become of it, with the connection's values (None: no such connection). `writes`: the mirror is neither
        frozen nor off, and our own database is not on hold. `left_over`: rows of the same owner without connections.
        """
        if not writes:
            return Leave()
        if row is None:
            return Leave() if self.written.stale else Remove()
        if self.missing_since is not None:
            return Leave()
        return Show(row, insert=False) if self.is_expected else Show(row, insert=True, gives_way=tuple(left_over))
