"""What must hold of the mirror. The steps themselves say when a rule is broken (`World.sin`)."""

RULES = {
    "revoked": "Nothing is revoked but by a Disconnect, an erasure, or a day in which every look missed the row.",
    "struck": "What befalls a whole database of theirs, or rows of more than half of several owners at once, revokes nothing.",
    "resurrected": "No row is made again that was removed, or deleted there when it was certain to be there.",
    "ghost": "No row without a connection outlives an audit.",
    "apart": "When all is quiet both sides agree on every connection.",
    "shadow": "Beside the row of a person who has connected again no older row of ours stays, and it is made beside none.",
    "named": "What is remembered of removed rows names nobody who was erased.",
    "foreign": "Nothing is written into a database that is not the one that was noted, or that is another deployment's.",
    "false": "Nothing freezes unless something befell a database.",
    "unlisted": "No connection is missing whose row is there, or never was.",
}
