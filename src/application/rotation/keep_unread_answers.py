"""What becomes of an answer that nobody can read and that may hold the only live pair."""

import logging
from dataclasses import dataclass, replace

from application.ports.clock import Clock
from application.ports.journal import Journal, JournalUnavailable, UnreadAnswer
from application.ports.sealer import Sealer
from domain.ids import GrantId, OwnerId
from domain.outcomes import InDoubt, Unread
from domain.seal_place import SealPlace
from domain.tokens import TokenKind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeepUnread:
    """Keeps it beside the journal, sealed, so that a person can still get at the pair."""

    journal: Journal
    sealer: Sealer
    clock: Clock

    def __call__(self, unread: Unread, grant: GrantId, owner: OwnerId) -> InDoubt:
        """The failure that it is, which names the file. `grant`: whose answer it is, or the name that it would have had."""
        sealed = self.sealer.seal(unread.answer, SealPlace(owner, grant, 0), TokenKind.ANSWER)
        try:
            file = self.journal.keep_unread(UnreadAnswer(grant, owner, sealed, self.clock.now()))
        except JournalUnavailable as unusable:
            log.critical(
                "an answer that may hold tokens can't be read, and the journal does not take it",
                extra={"grant": grant, "because": str(unusable)},
            )
            return unread.failure
        log.critical("an answer that may hold tokens can't be read; `keys open` shows it", extra={"grant": grant, "file": file})
        return replace(unread.failure, detail=f"{unread.failure.detail}; kept as {file}")
