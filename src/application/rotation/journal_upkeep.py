"""What a process does every two seconds beside its work."""

from dataclasses import dataclass, field
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.journal import Journal
from application.ports.journal_register import JournalRegister
from application.rotation.outage_aware_claims import OutageAwareClaims

CHECK_EVERY = timedelta(minutes=1)
"""How often the journal is tried while nobody needs it: a full disk is to be noticed before that."""

REGISTER_EVERY = timedelta(minutes=1)
"""How often a journal that is empty is reported so."""


UNREAD_KEPT_FOR = timedelta(days=30)
"""How long an answer that nobody could read waits for a person."""


@dataclass(slots=True)
class JournalUpkeep:
    """Drain the journal, see that the store is there and that the journal could be used, and tell the other hosts now and then
    that nothing is kept here.

    Answers that nobody could read are removed a month later.
    """

    claims: OutageAwareClaims
    journal: Journal
    register: JournalRegister
    clock: Clock
    host: str
    _told_at: timedelta | None = field(default=None, init=False)
    _checked_at: timedelta | None = field(default=None, init=False)

    def __call__(self) -> None:
        """Raises StoreUnavailable, JournalUnavailable."""
        self.claims.journal_upkeep()
        now = self.clock.monotonic()
        if self._checked_at is None or now - self._checked_at >= CHECK_EVERY:
            self.journal.check()  # while it fails, it is tried again every time
            self._checked_at = now
        if self.journal.empty() and (self._told_at is None or now - self._told_at >= REGISTER_EVERY):
            self.register.drained(self.journal.name, self.host)
            self.journal.forget_unread(self.clock.now() - UNREAD_KEPT_FOR)
            self._told_at = now
