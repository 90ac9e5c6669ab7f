"""What a long-lived process does beside its work: stay in touch with the store, and bring in what its journal keeps."""

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta

from application.ports.journal import JournalUnavailable
from domain.errors import Refusal

log = logging.getLogger(__name__)

UPKEEP_INTERVAL = timedelta(seconds=2)
"""Shorter than the gap after which contact counts as lost (`application.rotation.outage_aware_claims.GAP`)."""


class UpkeepThread:
    """A thread that keeps in touch until it is stopped. Nothing that happens to the store ends it."""

    def __init__(
        self,
        *upkeep: Callable[[], None],
        every: timedelta = UPKEEP_INTERVAL,
        at_end: Iterable[Callable[[], None]] = (),
        tells: bool = True,
    ) -> None:
        """`at_end`: done once it has been stopped; what that fails with is no matter. `tells`: whether it says in the log that
        the database is away and back; of several threads one does.
        """
        self._upkeep, self._every, self._at_end, self._tells = upkeep, every, tuple(at_end), tells
        self._stop, self._away, self._journal_told = threading.Event(), False, False
        self._thread = threading.Thread(target=self._keep, name="upkeep_thread", daemon=True)

    def start(self) -> None:
        """Begin at once: what an earlier process left in the journal comes first."""
        self._thread.start()

    def stop(self) -> None:
        """End after the look that is under way."""
        self._stop.set()
        self._thread.join()
        for ending in self._at_end:
            with suppress(Refusal):
                ending()

    def _keep(self) -> None:
        while not self._stop.is_set():
            self._look()
            self._stop.wait(self._every.total_seconds())

    def _look(self) -> None:
        """Do everything once; what one of them fails with keeps none of the others."""
        away, unusable, strange = False, None, False
        for work in self._upkeep:
            try:
                work()
            except Refusal:
                away = True
            except JournalUnavailable as unavailable:
                unusable = unavailable
            except Exception:  # an upkeep thread that dies is noticed too late
                strange = True
                log.exception("a look at the database and the journal failed")
        if self._tells:
            self._tell(away=away, unusable=unusable, strange=strange)

    def _tell(self, *, away: bool, unusable: JournalUnavailable | None, strange: bool) -> None:
        """One line when something begins to be wrong, and one when all is well again."""
        if away and not self._away:
            log.warning("the database is away; what it should have is in the journal")
        if unusable and not self._journal_told:
            log.critical(
                "the journal can't be used: see JOURNAL_DIR; an answer that the database won't take would be lost",
                extra={"because": str(unusable)},
            )
        self._away, self._journal_told = self._away or away, self._journal_told or unusable is not None
        if not (away or unusable or strange):
            if self._away:
                log.info("the database is back")
            if self._journal_told:
                log.info("the journal can be used again")
            self._away = self._journal_told = False
