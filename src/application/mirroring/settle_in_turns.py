"""Settling many rows in the background: owners take turns, and one row that can't be settled holds up no other."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from application.mirroring.settle_row import SettleRow
from application.ports.clock import Clock
from application.ports.connection_mirror import MirrorUnavailable, RowOutcome
from domain.back_off import doubled
from domain.ids import ConnectionId, OwnerId
from domain.owner_turns import round_robin

log = logging.getLogger(__name__)

TRIES_IN_VAIN = 3
"""After so many rows in a row without an answer the dashboard's database counts as away."""

HINDERED_FOR = timedelta(minutes=1)
"""How long a row is left alone that could not be settled."""

FIRST_CONFLICT, CONFLICT_LASTS = timedelta(seconds=15), timedelta(minutes=5)
"""How long one is left alone that an operator has to look at: at first, and at the most after it was met again and again."""

MOST_LEFT_ALONE = 10_000


@dataclass(slots=True)
class SettleInTurns:
    """Remembers in this process which rows are left alone for a while."""

    settle: SettleRow
    clock: Clock
    _again_at: dict[ConnectionId, timedelta] = field(default_factory=dict, init=False)
    _conflicts: dict[ConnectionId, int] = field(default_factory=dict, init=False)
    """How often in a row each was met."""

    def __call__(
        self, rows: Iterable[tuple[OwnerId, ConnectionId]], *, for_at_most: timedelta, stopping: Callable[[], bool]
    ) -> int:
        """How many are left: there was no time, or they are left alone. Raises MirrorUnavailable, StoreUnavailable."""
        until, left, in_vain = self.clock.monotonic() + for_at_most, 0, 0
        for connection in round_robin(rows):
            now = self.clock.monotonic()
            if now > until or stopping() or self._again_at.get(connection, now) > now:
                left += 1
                continue
            try:
                outcome = self.settle(connection).outcome
            except MirrorUnavailable as unavailable:
                in_vain, left = in_vain + 1, left + 1
                if in_vain == TRIES_IN_VAIN:
                    raise
                self._leave_alone(connection, HINDERED_FOR)
                log.warning(
                    "a row in the dashboard could not be settled", extra={"connection": connection, "because": str(unavailable)}
                )
                continue
            in_vain = 0
            if outcome is RowOutcome.CONFLICT:
                self._conflicts[connection] = self._conflicts.get(connection, 0) + 1
                self._leave_alone(connection, doubled(FIRST_CONFLICT, self._conflicts[connection], longest=CONFLICT_LASTS))
            else:
                self._again_at.pop(connection, None)
                self._conflicts.pop(connection, None)
        return left

    def _leave_alone(self, connection: ConnectionId, span: timedelta) -> None:
        if len(self._again_at) >= MOST_LEFT_ALONE:
            self._again_at.clear()
            self._conflicts.clear()
        self._again_at[connection] = self.clock.monotonic() + span
