"""Look at the dashboard's rows: whether they can be trusted, which are missing, and which are not as they should be."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from application.mirroring.relist import Relist
from application.mirroring.settle_in_turns import SettleInTurns
from application.ports.clock import Clock
from application.ports.connection_mirror import ConnectionMirror
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.errors import ConnectionNotFound
from domain.ids import ConnectionId, GrantId, OwnerId
from domain.mirror_absence import ENDS_AFTER, Absences, absences
from domain.mirror_differences import differences
from domain.mirror_freeze_judgement import judged, ours_without_token
from domain.mirror_look import Look
from domain.mirror_recognition import gone_anew, seen_anew, stale_no_longer
from domain.mirror_row_source import MirrorRowSource
from domain.mirror_state import MirrorState
from domain.mirrored_row import KnownRow

log = logging.getLogger(__name__)

SETTLES_FOR = timedelta(seconds=10)

StillHolds = Callable[[datetime | None], bool]
"""Whether a connection that is missing since this time is still missing for long enough."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Our state, then what was seen there, then which rows are remembered since."""

    note: MirrorState
    connections: list[MirrorRowSource]
    known: list[KnownRow]
    look: Look
    noted_since: frozenset[ConnectionId]

    def judged(self, now: datetime) -> MirrorState:
        """The note after this look."""
        return judged(self.note, self.known, self.noted_since, self.look, now)


@dataclass(frozen=True, slots=True)
class LookAtMirror:
    """First whether the mirror freezes, then what is missing, then what is to be settled."""

    mirror: ConnectionMirror
    store: StoreOfAllOwners
    clock: Clock
    settle_all: SettleInTurns
    relist: Relist
    disconnect_missing: Callable[[OwnerId, ConnectionId, StillHolds], None]
    """Disconnects as the person would, if the row is still missing for long enough. Raises ConnectionNotFound."""
    erase_missing: Callable[[OwnerId, StillHolds], bool]
    """Erases a user, if every connection is still missing for long enough. Whether it did."""
    hold: Callable[[], object | None]
    """Why nothing may be concluded from our own database; None: it is what it was."""

    def __call__(self, *, stopping: Callable[[], bool]) -> None:
        """Raises MirrorUnavailable, StoreUnavailable."""
        if self.hold() is not None:
            return
        if (sight := self.see()) is None:
            self.relist()
            return
        now = self.clock.now()
        note = sight.judged(now)
        if note.frozen != sight.note.frozen and note.frozen:
            # what changes between two readings may look like it, so that one look alone freezes nothing
            sight = self.see()
            if sight is None:
                return
            note = sight.judged(now)
        if not self._put(sight.note, note):
            return
        if note.frozen or note.off:
            self.relist()
            return
        self._confirm(sight)
        missing = absences(sight.note, sight.known, sight.look, now)
        self._mark(sight.connections, missing.missing_since)
        self._end(missing, sight.known, now)
        self.settle_all(
            differences(sight.connections, sight.known, sight.look, now).to_settle, for_at_most=SETTLES_FOR, stopping=stopping
        )

    def see(self) -> Sight | None:
        """Everything that a look goes by; None while an operator has to act. Raises MirrorUnavailable, StoreUnavailable."""
        with self.store.read() as work:
            note = work.mirror.note()
            if note.off or (note.frozen and not note.frozen.reason.ends_by_itself):
                return None
            known, connections = work.mirror.known_rows(), work.mirror.connections()
        look = self.mirror.look({row.written.owner for row in known if row.missing_since is not None})
        unknown = ours_without_token(look) - {row.written.connection for row in known}
        with self.store.read() as work:
            noted_since = frozenset(connection for connection in unknown if work.mirror.written(connection) is not None)
        return Sight(note, connections, known, look, noted_since)

    def _confirm(self, sight: Sight) -> None:
        """Rows that are there are known to be there, or to be gone; a stale one whose person has connected again is to go."""
        confirmed, relieved = seen_anew(sight.known, sight.look), stale_no_longer(sight.known, sight.look)
        gone = gone_anew(sight.known, sight.look, self.clock.now())
        if not confirmed and not relieved and not gone:
            return
        with self.store.write() as work:
            for connection, times_connected in confirmed.items():
                work.mirror.confirm(connection, times_connected)
            for row in relieved:
                work.mirror.forget(row.connection)
                work.mirror.remember(replace(row, stale=False))
            work.mirror.note_gone(gone)
            work.commit()

    def _put(self, before: MirrorState, after: MirrorState) -> bool:
        """Store the note first; False where an operator or another look has changed it, and then nothing is concluded."""
        with self.store.write() as work:
            current = work.mirror.note()
            if current != before:
                return False
            work.mirror.put_note(after)
            work.commit()
        if after.frozen and after.frozen != before.frozen:
            frozen = {"because": after.frozen.reason.value}
            log.critical(
                "the dashboard's mirror is frozen: nothing is written there until `tiktok-connect wab rebuild`", extra=frozen
            )
        elif before.frozen and not after.frozen:
            log.warning("the dashboard's mirror is frozen no longer")
        return True

    def _mark(self, connections: Collection[MirrorRowSource], missing_since: Mapping[ConnectionId, datetime | None]) -> None:
        """Store since when rows are missing, where that has changed."""
        changed = [c for c in connections if c.connection in missing_since and missing_since[c.connection] != c.missing_since]
        by_grant = defaultdict[GrantId, dict[ConnectionId, int]](dict)
        for connection in changed:
            by_grant[connection.grant][connection.connection] = connection.times_connected
        for grant, times in by_grant.items():
            self._mark_of(grant, times, missing_since)
        gone = sum(c.missing_since is None for c in changed)
        back = sum(missing_since[c.connection] is None for c in changed)
        if gone or back:
            log.warning("rows in the dashboard went missing, or are not any more", extra={"missing": gone, "back": back})

    def _mark_of(
        self, grant: GrantId, times: Mapping[ConnectionId, int], missing_since: Mapping[ConnectionId, datetime | None]
    ) -> None:
        with self.store.write() as work:
            for stored in work.grants.get([grant]):
                for since in {missing_since[connection] for connection in times}:
                    of_it = {connection: n for connection, n in times.items() if missing_since[connection] == since}
                    if since is None:
                        stored.find_rows(of_it)
                    else:
                        stored.miss_rows(of_it, since)
                work.grants.save(stored)
            work.commit()

    def _end(self, missing: Absences, known: Collection[KnownRow], now: datetime) -> None:
        """Disconnect and erase what was missing for long enough, which is asked once more in the same transaction."""

        def still_holds(since: datetime | None) -> bool:
            return since is not None and now - since >= ENDS_AFTER

        owners = {row.written.connection: row.written.owner for row in known}
        for connection in missing.disconnected:
            try:
                self.disconnect_missing(owners[connection], connection, still_holds)
            except ConnectionNotFound:
                continue  # its owner came back, or disconnected it
            log.warning("a connection whose row was missing for a day was disconnected", extra={"connection": connection})
        for owner in missing.erased:
            if self.erase_missing(owner, still_holds):
                log.warning("a user is gone from the dashboard: everything of theirs was erased", extra={"owner": owner})
