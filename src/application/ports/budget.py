"""The port for the platform's limits: how many calls the app may send, and when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Protocol

from domain.database_hold import Held
from domain.ids import AppId, OwnerId
from domain.outcomes import Failure
from domain.pause import Paused

Obstacle = Failure | Held | Paused
"""Why nothing is sent."""


class Lane(Enum):
    """Who wants to call. A tenth of the budget is kept for people, who may also use what the background leaves. Among themselves
    they take turns.

    Repeats of what was refused have a tenth of it at the most. An import of spend has the very next call, where nobody else took
    it; all imports together are never more than one call ahead, and none is the trial while the app's calls are stopped. For each
    call that people have of what was kept for them, an import leaves them another.
    """

    BACKGROUND = "background"
    PEOPLE = "people"
    REPEATS = "repeats"
    IMPORT = "import"
    SHOP_REPORTS = "shop reports"
    """An import's, of shops, one at a time: the platform limits these by themselves too. A wait of hours: today's are used up."""

    @property
    def is_import(self) -> bool:
        """Whether it is behind everybody, and may fail without anything being wrong with the app's other calls."""
        return self in {Lane.IMPORT, Lane.SHOP_REPORTS}


@dataclass(frozen=True, slots=True)
class Permits:
    """Leave to send `count` calls, the first after `wait`: less than nothing if its time came while it was given.

    None: ask again after `wait`.
    """

    count: int
    wait: timedelta
    offsets: tuple[timedelta, ...] = ()
    """How long after the first each of them may be sent, the first included; empty: all at once."""
    own_call_first: bool = False
    """With none given: this person's last call is still to be sent. The next may be asked for after `wait`."""
    because: Obstacle | None = None
    """With none given: what stops the app's calls altogether (it was throttled, is unavailable, or misconfigured), or this
    process's: the database is on hold, or an operator has paused them."""

    def wait_for(self, index: int) -> timedelta:
        """How long after the taking the index-th call may be sent, counted from 0."""
        return self.wait + self.offsets[index] if self.offsets else self.wait


class Budget(Protocol):
    """The app's calls, counted over all processes that share the adapter's store; the breaker of the app is part of it."""

    def take(self, app: AppId, wanted: int, lane: Lane, *, within: timedelta, person: OwnerId | None = None) -> Permits:
        """Reserve up to `wanted` calls that can all be sent `within` this time. Permits not used are simply lost.

        `person`: for whom, in the lane of people. Each has one call ahead at the most, over all processes, so that nobody waits
        longer for one person's many calls than for one.

        Never more a second than the app's limit, whatever the lanes. While the app's calls are stopped: none, or a single
        trial when one is due.
        """

    def stopped(self, app: AppId) -> Obstacle | None:
        """What stops this app's calls now, looked at directly before sending; cheap, and without a store. None for a trial."""

    def departs(self, lane: Lane) -> None:
        """A call's turn has come, and it is about to be sent."""

    def learn(self, app: AppId, failure: Failure | None) -> timedelta:
        """Take in what a call came to (None: an answer). Returns how long the app's calls are to wait, zero if they are not."""


class Ledger(Protocol):
    """One short text an app, for all processes that share the store: all that a budget needs of one."""

    def change(self, app: AppId, write: Callable[[str | None, timedelta], str | None]) -> None:
        """Put in the text's place what `write` makes of it (None: there was none) and of the store's time.

        The time is a span since 1970-01-01 00:00 UTC, read directly before. No other change comes between; where one did,
        `write` is called again. It returns None to leave the text as it is. Raises StoreUnavailable, within a few
        seconds.
        """
