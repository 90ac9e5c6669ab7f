"""What the protocol is put through, and ways to get it wrong with the rule that each of them breaks."""

from dataclasses import dataclass

from model.restores.choices import AS_WRITTEN, Choices
from model.restores.steps import steps
from model.restores.world import Chances, World
from model.search import Outcome, breadth_first


def search(chances: Chances, choices: Choices = AS_WRITTEN) -> Outcome:
    """Look at every world that can come about by these chances, until a rule is broken."""
    return breadth_first(World(chances), lambda world: steps(world, choices), lambda world: world.sin)


SCENARIOS = {
    "fail-overs": Chances(minutes=6, failovers=1, rotations=1, outages=1),
    "a restored backup": Chances(minutes=5, backups=1, restores=1, adoptions=1, rotations=3),
    "a backup restored twice": Chances(minutes=5, backups=1, restores=2, adoptions=2, rotations=2),
    "a restored backup, and an answer in the journal": Chances(
        minutes=4, backups=1, restores=1, adoptions=1, rotations=3, outages=1
    ),
    "an account that was disconnected since": Chances(minutes=4, backups=1, restores=1, adoptions=1, rotations=2, disconnects=1),
    "a copy": Chances(minutes=5, copies=1, adoptions=1, rotations=2),
    "a copy, and a backup": Chances(minutes=3, copies=1, adoptions=1, rotations=2, backups=1, restores=1),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A wrong choice, the scenario in which it shows, and the rule that it breaks first there."""

    choices: Choices
    scenario: str
    breaks: str


FAULTS = {
    "A time is noted before it is stored": Fault(Choices(note_follows_commit=False), "fail-overs", "false"),
    "The first stamp after a pause is noted at once": Fault(Choices(first_stamp_waits=False), "fail-overs", "false"),
    "A stamp hides what went before": Fault(Choices(gaps_are_remembered=False), "a restored backup", "found"),
    "A stamp goes back with the server's clock": Fault(Choices(stamps_never_go_back=False), "fail-overs", "false"),
    "A standby must not lack a second": Fault(Choices(lag_is_forgiven=False), "fail-overs", "false"),
    "Only who saw it holds": Fault(Choices(hold_is_stored=False), "a restored backup", "held"),
    "A copy works on": Fault(Choices(other_addresses_hold=False), "a copy", "ours"),
    "A copy notes what it sees": Fault(Choices(other_addresses_note_nothing=False), "a copy", "false"),
    "An adopted copy keeps its name": Fault(Choices(copy_is_renamed=False), "a copy", "false"),
    "An adopted copy keeps its tokens": Fault(Choices(copy_forgets_tokens=False), "a copy", "ours"),
    "An adoption leaves the gaps": Fault(Choices(adoption_forgets_gaps=False), "a restored backup", "false"),
    "Removals are forgotten": Fault(Choices(removals_are_applied=False), "an account that was disconnected since", "removed"),
    "A restored grant is doubted like any other": Fault(Choices(first_refusal_is_told=False), "a restored backup", "told"),
    "A journal's answer fits one generation": Fault(
        Choices(journal_heals_older_rows=False), "a restored backup, and an answer in the journal", "healed"
    ),
}
