"""What the protocol chooses about a database that may not be ours. The defaults are the protocol; every other value is wrong."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Choices:
    """Each field is one decision of docs/adr/0011-a-database-that-is-not-ours.md."""

    note_follows_commit: bool = True
    """Else: a time is noted first, and the database may then refuse it."""
    first_stamp_waits: bool = True
    """The stamp that ends a gap is noted with the next one. Else: a standby that missed it seems to miss the whole gap."""
    gaps_are_remembered: bool = True
    """Else: only the last stamp is compared, which anybody without a note may have renewed meanwhile."""
    stamps_never_go_back: bool = True
    """Else: a server whose clock is behind seems to have gone back itself."""
    lag_is_forgiven: bool = True
    """Else: a standby that missed the last minute seems to be a backup."""
    hold_is_stored: bool = True
    """Else: only the process that found out holds."""
    other_addresses_hold: bool = True
    """Else: a copy of production works on with production's tokens."""
    other_addresses_note_nothing: bool = True
    """Else: a copy that shares a keeper of notes with production speaks for production."""
    copy_is_renamed: bool = True
    """Else: it does so once it was adopted."""
    copy_forgets_tokens: bool = True
    adoption_forgets_gaps: bool = True
    """Else: the same notes hold the database again."""
    removals_are_applied: bool = True
    first_refusal_is_told: bool = True
    """Else: a dead grant is sent again before its person hears of it."""
    journal_heals_older_rows: bool = True
    """Else: an answer in the journal is taken for overtaken, since its generation is not the restored row's."""

    def __str__(self) -> str:
        wrong = [f"{f.name} = {value}" for f in fields(self) if (value := getattr(self, f.name)) != f.default]
        return ", ".join(wrong) or "as written"


AS_WRITTEN = Choices()
