"""What operators are told of the dashboard's rows, a line each."""

from collections.abc import Iterator, Sequence
from typing import Any

from application.check_delivered_spend import SpendDifferences
from application.check_mirror import MirrorCheck, MirrorCounts
from domain.ids import ConnectionId, OwnerId
from domain.mirror_freeze_reasons import FreezeReason

REASONS = {
    FreezeReason.STANDBY: "it is a standby, which only follows another database: WAB_DATABASE_URL has to name the other",
    FreezeReason.OTHER_DATABASE: "it is another database than before: moved, or WAB_DATABASE_URL is wrong",
    FreezeReason.OTHER_TABLE: "its table of connections was made anew",
    FreezeReason.WENT_BACK: "it went back in time: a backup was restored",
    FreezeReason.NO_USERS: "it has no users",
    FreezeReason.UNKNOWN_ROWS: "it has rows that nobody here wrote: another deployment's, or our own database went back",
    FreezeReason.MANY_MISSING: "rows of more than half of the owners are missing",
}
"""Why the mirror is frozen."""

REBUILD = "look at that, then run `tiktok-connect wab rebuild`"

ADOPT = (
    "our own database is on hold, so nothing is written there: adopt it before anything else, `tiktok-connect doctor` says how"
)

NAMED = 3
"""How many connections a line names."""


def line_of(counts: MirrorCounts) -> str:
    """What is known without asking the dashboard."""
    note = counts.note
    told = f"{counts.confirmed} of {counts.connections} connections are shown there, {counts.missing} rows are missing"
    if note.off:
        return f"the mirror is off (`tiktok-connect wab on` turns it on); {told}"
    if note.frozen:
        return f"the mirror is frozen since {note.frozen.since:%Y-%m-%d %H:%M:%S} UTC: {REASONS[note.frozen.reason]}; {told}"
    if note.looked_at is None:
        return "nobody has looked there yet: see that `serve` or `worker` runs"
    return f"{told}; last looked at {note.looked_at:%Y-%m-%d %H:%M:%S} UTC"


def counts_as_data(counts: MirrorCounts) -> dict[str, Any]:
    """The same for programs."""
    note = counts.note
    return {
        "off": note.off,
        "frozen": note.frozen.reason.value if note.frozen else None,
        "connections": counts.connections,
        "shown": counts.confirmed,
        "missing": counts.missing,
        "lookedAt": note.looked_at.isoformat(timespec="seconds").replace("+00:00", "Z") if note.looked_at else None,
    }


def lines_of(check: MirrorCheck) -> list[str]:
    """Everything that is wrong, with its remedy; empty: all is well."""
    return list(_lines_of(check))


def _lines_of(check: MirrorCheck) -> Iterator[str]:
    yield from _lines_of_state(check)
    yield from (lack.line for lack in check.lacks)
    found = check.differences
    if found.missing:
        yield f"rows of ours are deleted around us: is the third rewrite in the build? {named(found.missing)}"
    if found.foreign:
        yield f"rows under our ids have another owner or account, or a token, and are left alone: {named(found.foreign)}"
    if found.unwritten:
        yield f"rows are not written yet: {named(found.unwritten)}"
    if found.changed:
        yield f"rows show another status or name than ours: {named(found.changed)}"
    if found.left_over:
        yield f"rows of what is disconnected are still there: {named(found.left_over)}"
    if check.users_gone:
        yield f"{check.users_gone} owners of connections are no users there"


def _lines_of_state(check: MirrorCheck) -> Iterator[str]:
    """Why nothing is written there."""
    note = check.counts.note
    if check.on_hold:
        yield ADOPT
    if note.off:
        yield "the mirror is off: nothing is written there (`tiktok-connect wab on`)"
    elif note.frozen:
        yield f"the mirror is frozen: {REASONS[note.frozen.reason]}{remedy(on_hold=check.on_hold)}"
    elif check.would_freeze:
        yield f"the next look freezes the mirror: {REASONS[check.would_freeze]}{remedy(on_hold=check.on_hold)}"


def remedy(*, on_hold: bool) -> str:
    """What is advised; nothing while something else comes first."""
    return "" if on_hold else f"; {REBUILD}"


def lines_of_spend(spend: SpendDifferences, *, on_hold: bool) -> list[str]:
    """Where the dashboard's spend differs from ours. What only waits for its turn is not wrong."""
    lines = [f"spend of {connection} is not delivered: {why}" for connection, why in spend.hindered.items()]
    if spend.different:
        days, several = sum(spend.different.values()), len(spend.different)
        lines.append(
            f"{days} days of spend of {several} connections are not there as they were delivered{remedy(on_hold=on_hold)}"
        )
    return lines


def named(rows: Sequence[tuple[OwnerId, ConnectionId]]) -> str:
    """The first few, and how many more."""
    ids = ", ".join(connection for _, connection in rows[:NAMED])
    return ids + (f" and {len(rows) - NAMED} more" if len(rows) > NAMED else "")
