"""Seal everything stored with the newest key, while rotations go on."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from application.auditing.acts_about_connections import write_before
from application.ports.clock import Clock
from application.ports.key_reports import KeyReports
from application.ports.sealed_rows import SealedIn, SealedRow, SealedRows, SealHead
from application.ports.sealer import Sealer
from application.ports.store import Store
from domain.audit_trail import LONGEST_DETAIL, SYSTEM, Act, Actor
from domain.errors import CannotOpen, Refusal
from domain.key_use import lacking
from domain.seal_place import SealPlace
from domain.tokens import Sealed, TokenKind

log = logging.getLogger(__name__)

RESEAL_BATCH = 100
"""How many rows are sealed anew in one transaction: a few milliseconds, for which a settle of one of them may have to wait."""

PASS_EVERY = timedelta(seconds=2)
"""After so long it begins again for rows that others were changing: their transactions end within that, as a rule."""

FRUITLESS_PASSES = 3
"""After so many passes that found nothing to seal it ends, with what is left."""

LONGEST_PASSES = timedelta(minutes=2)
"""It begins no pass after so long without an end: somebody goes on to seal with another key."""


class KeyMissingElsewhere(Refusal):
    """Processes that run now could not open what would be sealed."""

    def __init__(self, key: str, processes: tuple[str, ...]) -> None:
        super().__init__(
            f"{len(processes)} running processes lack the key {key}, {processes[0]} among them: give it to all of them first, "
            "as the last of their keys; one that has ended counts for five minutes"
        )
        self.key, self.processes = key, processes


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    resealed: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class ResealTokens:
    """Row by row from the front: what is done is passed over, so that it may be ended at any moment and begun again.

    A rotation in flight settles over what is done here, as it settles over everything.
    """

    sealed_rows: SealedRows
    sealer: Sealer
    key_reports: KeyReports
    store: Store
    clock: Clock

    def __call__(
        self,
        *,
        by: Actor = SYSTEM,
        progress: Callable[[Progress], None] = lambda _: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Progress:
        """How many texts were sealed anew, and how many are left: damaged or moved ones, some without their key here, some that
        others sealed otherwise meanwhile. `by`: who asks, for the audit trail.

        Raises KeyMissingElsewhere before anything is changed, StoreUnavailable.
        """
        now, reports = self.key_reports.all()
        if without := lacking(self.sealer.newest, reports, now):
            raise KeyMissingElsewhere(self.sealer.newest, without)
        write_before(self.store, Act.KEYS_ROTATED, by, self.clock.now(), self.sealer.newest[:LONGEST_DETAIL])
        done, began, fruitless = Progress(left=self._left()), self.clock.monotonic(), 0
        while True:
            before, closed = done.resealed, list[str]()
            for where in SealedIn:
                for changed in self._pass(where, closed, stopping):
                    done = Progress(done.resealed + changed, max(done.left - changed, 0))
                    progress(done)
            done = Progress(done.resealed + self._reseal_shared(), self._left())
            fruitless = fruitless + 1 if done.resealed == before else 0
            late = self.clock.monotonic() - began > LONGEST_PASSES
            if done.left <= len(closed) or fruitless == FRUITLESS_PASSES or late or stopping():
                return done
            self.clock.sleep(PASS_EVERY)

    def _pass(self, where: SealedIn, closed: list[str], stopping: Callable[[], bool]) -> Iterator[int]:
        last = None
        while not stopping():
            change = partial(self._resealed, closed)
            step = self.sealed_rows.reseal(where, self._head, change, after=last, limit=RESEAL_BATCH)
            yield step.changed
            last = step.last
            if last is None:
                break

    def _resealed(self, closed: list[str], row: SealedRow) -> SealedRow | None:
        texts = [row.access, *([row.refresh] if row.refresh else [])]
        if all(map(self._is_done, texts)):
            return None
        if not all(map(self.sealer.has_key, texts)):
            closed.append(row.id)
            return None
        place = SealPlace(row.owner, row.grant, row.generation)
        try:
            access = self.sealer.open(row.access, place, TokenKind.ACCESS)
            refresh = self.sealer.open(row.refresh, place, TokenKind.REFRESH) if row.refresh else None
        except CannotOpen as fault:
            log.error("a stored token can't be opened", extra={"grant": row.grant, "because": str(fault)})  # noqa: TRY400 (the place says nothing)
            closed.append(row.id)
            return None
        return replace(
            row,
            access=self.sealer.seal(access, place, TokenKind.ACCESS),
            refresh=self.sealer.seal(refresh, place, TokenKind.REFRESH) if refresh else None,
        )

    def _is_done(self, text: Sealed) -> bool:
        return text.key_id == self.sealer.newest and text.format == self.sealer.written

    def _reseal_shared(self) -> int:
        try:
            return int(self.sealer.reseal_shared())
        except CannotOpen as closed:
            log.error("the key of the fingerprints can't be opened here", extra={"because": str(closed)})  # noqa: TRY400 (the place says nothing)
            return 0

    @property
    def _head(self) -> SealHead:
        return SealHead(self.sealer.written, self.sealer.newest)

    def _left(self) -> int:
        shared = self.sealer.shared_key()
        return self.sealed_rows.besides(self._head) + (shared not in {None, self.sealer.newest})
