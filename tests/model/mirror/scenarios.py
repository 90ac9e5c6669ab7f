"""What the mirror is put through, and ways to get it wrong with the rule that each of them breaks."""

from dataclasses import dataclass

from domain.ids import OwnerId
from model.mirror.choices import AS_WRITTEN, Choices
from model.mirror.looks import looked
from model.mirror.people import connected
from model.mirror.steps import steps
from model.mirror.world import Chances, Theirs, World, Writer
from model.mirror.writer import settled
from model.search import Outcome, breadth_first


@dataclass(frozen=True, slots=True)
class Scenario:
    chances: Chances
    owners: int = 1
    connected: bool = False
    """Whether every owner is connected from the start, and all is quiet."""

    def start(self) -> World:
        owners = tuple(OwnerId(f"o{n + 1}") for n in range(self.owners))
        world = World(self.chances, owners, theirs=Theirs(users=frozenset({*owners, OwnerId("somebody else")})))
        if not self.connected:
            return world
        world = looked(world, AS_WRITTEN)
        for owner in owners:
            world = connected(world, owner, AS_WRITTEN)
            world = settled(world, Writer(world.ours.outbox[0]), AS_WRITTEN)
        return looked(world, AS_WRITTEN)


def search(scenario: Scenario, choices: Choices = AS_WRITTEN) -> Outcome:
    """Look at every world that can come about in a scenario, until a rule is broken."""
    return breadth_first(
        scenario.start(), lambda world: ((label, step()) for label, step in steps(world, choices)), lambda world: world.sin
    )


SCENARIOS = {
    "one person": Scenario(Chances(connects=2, disconnects=1, reconnects=1, old_routes=1)),
    "one grant": Scenario(Chances(connects=1, disconnects=1, status_changes=2, outages=1)),
    "slow writers": Scenario(Chances(connects=1, disconnects=1, slow_writers=2, lost_answers=1, crashes=1)),
    "slow writers, and a row that is deleted": Scenario(
        Chances(reconnects=1, old_routes=1, slow_writers=2, lost_answers=1, crashes=1), connected=True
    ),
    "slow looks": Scenario(Chances(connects=1, slow_looks=2, disconnects=1)),
    "days": Scenario(Chances(old_routes=1, reconnects=1, half_days=3, gaps=1, deleted_users=1), connected=True),
    "days of slow looks": Scenario(Chances(old_routes=1, slow_looks=1, half_days=2, reconnects=1), connected=True),
    "users who are deleted": Scenario(Chances(deleted_users=1, old_routes=1, half_days=3, connects=1), owners=2, connected=True),
    "their backup": Scenario(Chances(connects=1, disconnects=1, backups=1, restores=1, half_days=3, rebuilds=1)),
    "their backup, in place": Scenario(Chances(connects=1, disconnects=1, old_routes=1, backups=1, rows_restored=1, half_days=2)),
    "truncated, three owners": Scenario(Chances(truncations=1, half_days=2, connects=1, old_routes=1), owners=3, connected=True),
    "truncated, five owners": Scenario(Chances(truncations=1, half_days=2, old_routes=1, gaps=1), owners=5, connected=True),
    "truncated, thirty owners": Scenario(Chances(truncations=1, half_days=2), owners=30, connected=True),
    "users truncated too": Scenario(Chances(truncations_with_users=1, half_days=3, rebuilds=1), connected=True),
    "behind row-level security": Scenario(Chances(hidings=1, half_days=2, disconnects=1, rebuilds=1), connected=True),
    "behind row-level security, three owners": Scenario(Chances(hidings=1, half_days=2, disconnects=1), owners=3, connected=True),
    "moved, or made anew": Scenario(
        Chances(replacements=1, half_days=2, disconnects=1, rebuilds=1, reconnects=1), connected=True
    ),
    "a wrong address": Scenario(Chances(wrong_addresses=1, half_days=2, disconnects=1, connects=1), connected=True),
    "standbys": Scenario(Chances(standbys=1, half_days=2, old_routes=1, disconnects=1), connected=True),
    "a second deployment": Scenario(Chances(strangers=1, connects=1, disconnects=1, rebuilds=1, half_days=2)),
    "our backup": Scenario(Chances(our_backups=1, our_restores=1, connects=1, disconnects=1, rebuilds=1)),
    "our backup, and a row that is there": Scenario(
        Chances(our_backups=1, our_restores=1, disconnects=1, reconnects=1, status_changes=1), connected=True
    ),
    "erased": Scenario(Chances(erasures=1, connects=1, outages=1, backups=1, rows_restored=1), connected=True),
    "more than a year": Scenario(Chances(connects=1, disconnects=1, strangers=1, rebuilds=1, years=2)),
    "off for a day": Scenario(Chances(switches=1, old_routes=1, disconnects=1, half_days=2, gaps=1), connected=True),
}

LONGER = {
    "one person and a grant": Scenario(Chances(connects=2, disconnects=1, reconnects=1, status_changes=1, old_routes=1)),
    "two persons": Scenario(Chances(connects=2, disconnects=1, reconnects=1, old_routes=1, half_days=2), owners=2),
    "slow writers, and the way there": Scenario(
        Chances(connects=1, disconnects=1, status_changes=1, slow_writers=3, lost_answers=1, crashes=1, outages=1)
    ),
    "slow looks and writers": Scenario(Chances(connects=1, slow_looks=2, slow_writers=1, disconnects=1)),
    "days, and the way there": Scenario(
        Chances(old_routes=1, reconnects=1, half_days=3, gaps=1, deleted_users=1, outages=1), connected=True
    ),
    "their backup, in place, and a rebuild": Scenario(
        Chances(connects=1, disconnects=1, old_routes=1, backups=1, rows_restored=1, half_days=2, rebuilds=1)
    ),
    "standbys and backups": Scenario(
        Chances(standbys=1, half_days=2, disconnects=1, old_routes=1, backups=1, restores=1), connected=True
    ),
    "their backup, three owners": Scenario(
        Chances(backups=1, restores=1, connects=1, disconnects=1, half_days=2, rebuilds=1), owners=3
    ),
    "row-level security, and connecting again": Scenario(
        Chances(hidings=1, half_days=2, disconnects=1, connects=1, rebuilds=1), connected=True
    ),
    "our backup, and connecting again": Scenario(
        Chances(our_backups=1, our_restores=1, connects=2, disconnects=1, rebuilds=1, half_days=1)
    ),
}

ANYTHING = Chances(**dict.fromkeys(Chances._fields, 3))._replace(
    connects=20,
    disconnects=6,
    old_routes=8,
    reconnects=6,
    status_changes=6,
    half_days=12,
    slow_writers=12,
    slow_looks=6,
    rebuilds=6,
)
"""For histories at random."""

AT_RANDOM = {owners: Scenario(ANYTHING, owners, connected=True) for owners in (1, 3, 30)}


@dataclass(frozen=True, slots=True)
class Fault:
    """A wrong choice, the scenario in which it shows, and the rule that it breaks first there."""

    choices: Choices
    scenario: str
    breaks: str


FAULTS = {
    "Vanished means Disconnect": Fault(Choices(absence_lasts=False), "one person", "revoked"),
    "Values are carried in the outbox": Fault(Choices(values_stay_here=False), "moved, or made anew", "resurrected"),
    "The row is written inside our commit": Fault(Choices(write_follows_commit=False), "slow writers", "false"),
    "A guard from 20 owners on": Fault(Choices(guard_from=20), "truncated, five owners", "struck"),
    "No guard for thirty owners": Fault(Choices(guard_from=31), "truncated, thirty owners", "struck"),
    "Three owners may all go at once": Fault(Choices(two_at_once_freeze=False), "truncated, three owners", "struck"),
    "Any database is ours": Fault(Choices(identity_freezes=False), "their backup", "struck"),
    "A dashboard may have no users": Fault(Choices(empty_users_freeze=False), "users truncated too", "struck"),
    "Rows that nobody wrote are overlooked": Fault(Choices(unknown_rows_freeze=False), "a second deployment", "ghost"),
    "A new deployment writes at once": Fault(Choices(first_look_comes_first=False), "a second deployment", "foreign"),
    "The writer trusts the address": Fault(Choices(writer_checks_identity=False), "a wrong address", "foreign"),
    "The intent is read before the lock": Fault(Choices(intent_is_read_locked=False), "slow writers", "resurrected"),
    "A row is noted when it is there": Fault(Choices(rows_are_noted_first=False), "slow writers", "false"),
    "In doubt it was written": Fault(Choices(doubt_writes_again=False), "slow writers", "unlisted"),
    "The writer's answer confirms a row": Fault(Choices(looks_confirm=False), "their backup", "struck"),
    "Nobody compares": Fault(Choices(looks_mend=False), "our backup, and a row that is there", "apart"),
    "A missing row is made again": Fault(Choices(confirmed_rows_stay_gone=False), "one person", "resurrected"),
    "A removed row is forgotten": Fault(Choices(removed_rows_are_remembered=False), "their backup", "resurrected"),
    "A frozen mirror thaws": Fault(Choices(frozen_stays_frozen=False), "their backup", "struck"),
    "Absences go on while it is frozen": Fault(Choices(freezing_clears_absences=False), "standbys", "revoked"),
    "Absences go on while nobody looks": Fault(Choices(gaps_start_anew=False), "days", "revoked"),
    "A look reads ours last": Fault(Choices(ours_is_read_first=False), "days of slow looks", "unlisted"),
    "A look reads ours first alone": Fault(Choices(ids_are_read_again=False), "slow looks", "false"),
    "An overtaken look counts": Fault(Choices(overtaken_looks_are_void=False), "slow looks", "false"),
    "Who reconnected meanwhile is disconnected": Fault(
        Choices(conclusions_are_asked_again=False), "days of slow looks", "unlisted"
    ),
    "A user who is gone is erased at once": Fault(Choices(erasure_needs_all_rows=False), "users who are deleted", "revoked"),
    "A restored database of ours writes on": Fault(
        Choices(hold_stops_the_mirror=False), "our backup, and a row that is there", "resurrected"
    ),
    "A row is made beside one that is left over": Fault(Choices(inserts_take_the_place=False), "one person", "shadow"),
    "Whose the rows were is remembered": Fault(Choices(erasure_forgets_whose=False), "erased", "named"),
    "All is forgotten after a year": Fault(Choices(rows_there_stay_remembered=False), "more than a year", "false"),
    "Stale rows stay": Fault(Choices(stale_rows_give_way=False), "a second deployment", "shadow"),
}
