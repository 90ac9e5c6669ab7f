"""What the mirror chooses. The defaults are what the product does; every other value is wrong."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Choices:
    """Each field is one decision of docs/adr/0014-a-mirror-without-values.md."""

    absence_lasts: bool = True
    """Else: a row that vanished is a Disconnect at once."""
    values_stay_here: bool = True
    """Else: the outbox carries what is to be written."""
    write_follows_commit: bool = True
    """Else: the row is written inside our commit, which may fail afterwards."""
    guard_from: int = 4
    """Of so many owners the rows of more than half may not be missing."""
    two_at_once_freeze: bool = True
    """Else: rows of two or three owners may all go between two looks."""
    identity_freezes: bool = True
    """Else: nobody compares the database, its table and its position with what was noted."""
    empty_users_freeze: bool = True
    unknown_rows_freeze: bool = True
    first_look_comes_first: bool = True
    """Else: a new deployment writes before it has looked."""
    writer_checks_identity: bool = True
    """Else: a process with an old address writes there, and confirms."""
    intent_is_read_locked: bool = True
    """Else: what is to be written is read before the row is locked there."""
    rows_are_noted_first: bool = True
    """Else: a row is remembered when it is certain to be there."""
    doubt_writes_again: bool = True
    """Else: a row whose answer was lost counts as written."""
    looks_confirm: bool = True
    """Else: a row is confirmed by the writer's answer, and a standby that takes over may lack it."""
    looks_mend: bool = True
    """Else: only messages lead to writing."""
    confirmed_rows_stay_gone: bool = True
    """Else: whoever misses a row makes it again."""
    removed_rows_are_remembered: bool = True
    """Else: a row that was removed and comes back is nobody's."""
    frozen_stays_frozen: bool = True
    """Else: a database that went back is ours again when its log has grown."""
    freezing_clears_absences: bool = True
    """Else: the time in which nothing could be known counts."""
    gaps_start_anew: bool = True
    """Else: the time in which nobody looked counts."""
    ours_is_read_first: bool = True
    """Else: a look that is older than our rows misses them."""
    ids_are_read_again: bool = True
    """Else: a row that was noted during the look is nobody's."""
    overtaken_looks_are_void: bool = True
    """Else: a look that is older than the last one seems to show that the database went back."""
    conclusions_are_asked_again: bool = True
    """Else: who reconnects in that very moment is disconnected."""
    erasure_needs_all_rows: bool = True
    """Else: a user who is gone takes rows along that were missing for an hour."""
    hold_stops_the_mirror: bool = True
    """Else: our own database, restored from a backup, writes what it remembers."""
    stale_rows_give_way: bool = True
    """Else: a row that says "connect again" outlives that its person did."""
    inserts_take_the_place: bool = True
    """Else: beside a new row an older one of ours stays until a look has seen both, and is the card meanwhile."""
    erasure_forgets_whose: bool = True
    """Else: what is remembered of a removed row names its owner, who was erased."""
    rows_there_stay_remembered: bool = True
    """Else: a row without a connection is forgotten after so long, whether it is gone or not."""

    def __str__(self) -> str:
        wrong = [f"{f.name} = {value}" for f in fields(self) if (value := getattr(self, f.name)) != f.default]
        return ", ".join(wrong) or "as written"


AS_WRITTEN = Choices()
