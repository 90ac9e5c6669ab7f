"""The watch that finds out whether the database is on hold: before anything is sent, and every few seconds beside the work."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.database_identity import IdentityNotes, IdentityRecord
from domain.database_hold import Elsewhere, Hold, WentBack
from domain.database_identity import STAMP_EVERY, DatabaseIdentity
from domain.errors import OnHold, StoreUnavailable
from domain.ids import DatabaseId

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=1)
"""How old may be what is known of the hold."""


@dataclass(slots=True)
class IdentityWatch:
    """Stamps the database once a minute, notes the stamp outside, and finds out whether the database is on hold.

    A process elsewhere stamps and notes nothing: it would speak for the database that this one is a copy of.
    """

    record: IdentityRecord
    notes: Sequence[IdentityNotes]
    on_adoption: Callable[[DatabaseIdentity], None]
    """Called once in a process for each adoption of a restored backup, before anything is sent."""
    clock: Clock
    here: str | None
    """The public origin that this process serves; None: a loopback one, which is nobody's home."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _looks: int = field(default=0, init=False)
    _unavailable: StoreUnavailable | None = field(default=None, init=False)
    """What the last look failed with, if it did."""
    _failed_at: timedelta | None = field(default=None, init=False)
    _looked_at: timedelta | None = field(default=None, init=False)
    _stamped_at: timedelta | None = field(default=None, init=False)
    _noted: dict[DatabaseId, datetime] = field(default_factory=dict, init=False)
    _adoption: datetime | None = field(default=None, init=False)
    _at_home: bool = field(default=True, init=False)
    _hold: Hold | None = field(default=None, init=False)

    def __call__(self) -> None:
        """Look, unless somebody has just looked. Raises StoreUnavailable."""
        self.hold()

    def hold(self) -> Hold | None:
        """Why nothing may be sent from here, if it may not; at most a second old. Raises StoreUnavailable."""
        looks = self._looks
        with self._lock:
            if self._looks != looks and self._unavailable:
                raise StoreUnavailable(str(self._unavailable))  # who waited for a look shares what it came to
            now = self.clock.monotonic()
            if self._looked_at is None or now - self._looked_at >= FRESH:
                try:
                    self._look(now)
                except StoreUnavailable as unavailable:
                    self._unavailable, self._failed_at = unavailable, self.clock.monotonic()
                    raise
                finally:
                    self._looks += 1
                self._looked_at, self._unavailable, self._failed_at = now, None, None
            return self._hold

    def hold_or_last(self) -> Hold | None:
        """The same; while the database is away, what was last found, since nothing can be claimed then.

        Raises StoreUnavailable where nothing was ever found.
        """
        failed_at = self._failed_at
        if self._looked_at is not None and failed_at is not None and self.clock.monotonic() - failed_at < FRESH:
            return self._hold
        try:
            return self.hold()
        except StoreUnavailable:
            if self._looked_at is None:
                raise
            return self._hold

    def elsewhere(self) -> bool:
        """Whether this process works with another's database, as of the last look. Raises StoreUnavailable before the first."""
        self.hold_or_last()
        return not self._at_home

    def peek(self) -> Hold | None:
        """The same for somebody who only asks: nothing is stamped, noted or stored. Raises StoreUnavailable."""
        identity = self.record.read()
        if identity.at_home(self.here):
            with self._lock:
                self._read_notes(identity.id)
                identity = identity.held(self._noted.get(identity.id))
        return identity.on_hold(self.here)

    @property
    def last_hold(self) -> Hold | None:
        """What the last look found; it asks nobody."""
        return self._hold

    @property
    def adoption(self) -> datetime | None:
        """When the database was last adopted as a restored backup, if it was; as of the last look."""
        return self._adoption

    def refuse_if_held(self) -> None:
        """Raises OnHold, StoreUnavailable."""
        if hold := self.hold():
            raise OnHold(hold)

    def _look(self, now: timedelta) -> None:
        identity, here = self.record.read(), self.here
        self._at_home = identity.at_home(here)
        if self._at_home:
            identity = self._looked_back(identity)
            if self._stamped_at is None or now - self._stamped_at >= STAMP_EVERY:
                identity = self._stamped(identity)
                self._stamped_at = now
        hold = identity.on_hold(here)
        if hold is None and identity.restored_at not in {None, self._adoption}:
            self.on_adoption(identity)
            self._adoption = identity.restored_at
        tell(self._hold, hold)
        self._hold = hold

    def _looked_back(self, identity: DatabaseIdentity) -> DatabaseIdentity:
        """Compare the database with what was noted of it."""
        if self._stamped_at is None or identity.id not in self._noted:
            self._read_notes(identity.id)
        noted_at = self._noted.get(identity.id)
        if identity.held(noted_at) == identity:
            return identity
        return self.record.change(lambda known, _: known.held(noted_at))

    def _stamped(self, identity: DatabaseIdentity) -> DatabaseIdentity:
        """Stamp it, then note the stamp: a time that the database refused must not be noted."""
        place = identity.place or self.record.place()

        def stamp(known: DatabaseIdentity, now: datetime) -> DatabaseIdentity:
            if not known.at_home(self.here):
                return known
            return replace(known.stamped(now), home=known.home or self.here, place=known.place or place or None)

        identity = self.record.change(stamp)
        if identity.at_home(self.here) and (at := identity.noteworthy):
            for keeper in self.notes:
                keeper.note(identity.id, at)
            self._read_notes(identity.id)
        return identity

    def _read_notes(self, database: DatabaseId) -> None:
        times = [noted_at for keeper in self.notes if (noted_at := keeper.noted(database)) is not None]
        if database in self._noted:
            times.append(self._noted[database])
        if times:
            self._noted[database] = max(times)


def tell(before: Hold | None, hold: Hold | None) -> None:
    """One line in the log when a hold begins, and one when it ends."""
    if hold is None:
        if before:
            log.warning("the database is on hold no longer: calls to TikTok go on")
    elif type(before) is not type(hold):
        log.critical("the database is on hold: nothing is sent to TikTok from here until it is adopted", extra=details(hold))


def details(hold: Hold) -> dict[str, str | None]:
    """What the log says of it."""
    match hold:
        case WentBack(restored_to=restored_to, noted_at=noted_at):
            return {"because": "it went back", "restored_to": restored_to.isoformat(), "noted_at": noted_at.isoformat()}
        case Elsewhere(home=home, here=here):
            return {"because": "it is another address's", "home": home, "here": here}
