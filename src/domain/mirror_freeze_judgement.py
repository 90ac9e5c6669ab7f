"""Whether the mirror freezes, and why: its stored state, and our rows, against what a look saw."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from domain.ids import ConnectionId
from domain.mirror_freeze_reasons import FreezeReason
from domain.mirror_look import Look, MirrorIdentity
from domain.mirror_state import MirrorState
from domain.mirrored_row import KnownRow

ENOUGH_OWNERS = 4
"""Of fewer owners more than half may well disconnect within a day."""


def judged(
    noted: MirrorState, rows: Collection[KnownRow], noted_since: Collection[ConnectionId], look: Look, now: datetime
) -> MirrorState:
    """The note after a look: as it was, frozen, or looked at. It is stored before anything else is done, and only where it is
    still what it was before the look: one that was overtaken says nothing.

    `noted` and `rows` are read before the look: what was confirmed by then must be in it. `noted_since` are the ids that are
    noted after it: what is in it may have been noted meanwhile.
    """
    if noted.off or (noted.frozen is not None and not noted.frozen.reason.ends_by_itself):
        return noted
    reason = why_frozen(noted, rows, noted_since, look)
    if reason is None:
        return noted.looked(look, now)
    return noted if noted.frozen and noted.frozen.reason is reason else noted.froze(reason, now)


def why_frozen(
    noted: MirrorState, rows: Collection[KnownRow], noted_since: Collection[ConnectionId], look: Look
) -> FreezeReason | None:
    """What is wrong with the database that was looked at, if anything is."""
    if (reason := why_not_ours(noted.identity, look.identity, standby=look.standby)) is not None:
        return reason
    if look.users_are_empty and any(row.written.confirmed_for is not None for row in rows):
        return FreezeReason.NO_USERS
    if not ours_without_token(look) <= {row.written.connection for row in rows}.union(noted_since):
        return FreezeReason.UNKNOWN_ROWS
    return FreezeReason.MANY_MISSING if many_are_missing(rows, look) else None


def why_not_ours(noted: MirrorIdentity | None, seen: MirrorIdentity, *, standby: bool) -> FreezeReason | None:
    """Why this is not the database, or not the table, that was noted; what can't be compared proves nothing."""
    if standby:
        return FreezeReason.STANDBY
    if noted is None:
        return None
    if noted.system is not None and seen.system is not None and noted.system != seen.system:
        return FreezeReason.OTHER_DATABASE
    if noted.table != seen.table:
        return FreezeReason.OTHER_TABLE
    if noted.position is not None and seen.position is not None and seen.position < noted.position:
        return FreezeReason.WENT_BACK
    return None


def is_written(noted: MirrorState, seen: MirrorIdentity) -> bool:
    """Whether anything is written to this database now. Its position may be older than one that a look has noted meanwhile."""
    return noted.writes and why_not_ours(noted.identity, replace(seen, position=None), standby=False) is None


def ours_without_token(look: Look) -> set[ConnectionId]:
    """The rows of our kind that a look saw. One with a token is somebody else's, whatever its id."""
    return {row.connection for row in look.rows if not row.has_token}


def many_are_missing(rows: Collection[KnownRow], look: Look) -> bool:
    """Whether rows of more than half of the owners are missing. Of two or three owners only those count that went since the last
    look: within a day all of them may have disconnected, within seconds hardly.
    """
    expected = [row for row in rows if row.is_expected]
    there = {row.connection for row in look.rows}
    missing = [row for row in expected if row.written.connection not in there]
    owners = {row.written.owner for row in expected}
    if len(owners) < ENOUGH_OWNERS:
        missing = [row for row in missing if row.missing_since is None]
    bereft = {row.written.owner for row in missing}
    return len(owners) > 1 and 2 * len(bereft) > len(owners)
