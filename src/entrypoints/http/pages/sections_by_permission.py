"""The platforms page as a whole: its accounts by permission, what a person has to mend first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import quote

from domain.connection_state import ConnectionState
from domain.connection_view import ConnectionView
from domain.ids import ConnectionId, GrantId
from domain.import_state import ImportState
from entrypoints.http.pages.connection_rows import AccountRow, Status, row_of


@dataclass(frozen=True, slots=True)
class Reconnect:
    """A link to a guarded reconnect. One consent mends all accounts of a permission."""

    href: str
    words: str
    label: str
    """For those who hear the link alone."""


@dataclass(frozen=True, slots=True)
class Section:
    """Accounts that are mended together, or one by itself."""

    key: str
    rows: tuple[AccountRow, ...]
    status: Status
    reconnect: Reconnect | None

    @property
    def shared(self) -> bool:
        """Whether one sentence and one link serve several accounts."""
        return self.reconnect is not None and len(self.rows) > 1


def sections_of(views: Sequence[ConnectionView], imports: Mapping[ConnectionId, ImportState], now: datetime) -> list[Section]:
    """All accounts, what is broken first; accounts of one permission in one state that a person can mend stand together."""
    ordered = sorted(views, key=lambda view: (urgency(view), first_of(view, views)))
    return [section_of(list(together), imports, now) for _, together in groupby(ordered, key=mended_with)]


def wants_a_person(view: ConnectionView) -> bool:
    """Whether authorising again is the thing to do."""
    return view.needs_reauth or view.reconnect_by is not None


def urgency(view: ConnectionView) -> int:
    """0: nothing works without a person. 1: that is foreseen. 2: all is well, or nothing can be done."""
    return 0 if view.needs_reauth else 1 if wants_a_person(view) else 2


Mended = tuple[GrantId, ConnectionState, str | None] | ConnectionId


def mended_with(view: ConnectionView) -> Mended:
    """Equal for accounts that one consent mends. An account that is out of reach may need another login than its siblings."""
    alone = not wants_a_person(view) or view.state is ConnectionState.ACCOUNT_LOST
    return view.connection.id if alone else (view.grant, view.state, view.reason)


def first_of(view: ConnectionView, views: Sequence[ConnectionView]) -> int:
    """Where the first account stands that is mended with this one."""
    mended = mended_with(view)
    return next(place for place, other in enumerate(views) if mended_with(other) == mended)


def section_of(views: Sequence[ConnectionView], imports: Mapping[ConnectionId, ImportState], now: datetime) -> Section:
    """One section."""
    rows = tuple(row_of(view, now, imports.get(view.connection.id)) for view in views)
    guard = next((view for view in views if view.connection.lost_at is None), views[0])
    reconnect = reconnect_of(guard, len(views)) if wants_a_person(guard) else None
    return Section(f"permission-{views[0].grant}", rows, rows[0].status, reconnect)


def reconnect_of(guard: ConnectionView, accounts: int) -> Reconnect:
    """The link that mends these accounts; `guard` is the one that the login has to reach."""
    href = f"/api/auth/tiktok?connectionId={quote(guard.connection.id, safe='')}"
    words = f"Reconnect all {accounts}" if accounts > 1 else "Reconnect"
    name = guard.connection.advertiser.label
    return Reconnect(href, words, f"{words}: {name} and the others" if accounts > 1 else f"Reconnect {name}")
