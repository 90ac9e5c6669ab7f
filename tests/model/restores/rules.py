"""What must hold of restores, copies and fail-overs. The steps themselves say when a rule is broken (`World.sin`)."""

RULES = {
    "found": "Who has a note of a time that the database has not lived through holds it, whoever looked before.",
    "false": "No database is held that did not go back: not after a fail-over, an outage, a pause, or an adoption.",
    "held": "Once a process has seen that the database went back nobody sends from it until it is adopted.",
    "ours": "A copy elsewhere never sends a token of production's.",
    "removed": "What a person disconnected after the backup is not used again after the adoption.",
    "told": "After the adoption a dead grant is refused once, and its person told.",
    "healed": "A live pair in the journal reaches the grant, however far back the database went.",
}
