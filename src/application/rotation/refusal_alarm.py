"""The alarm when so many owners are refused that something larger than users may be wrong. It changes nothing by itself."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.heartbeats import Heartbeats
from application.ports.owner_tallies import OwnerTallies
from domain.ids import AppId
from domain.owner_tally import ALARM_WINDOW

log = logging.getLogger(__name__)

RINGS_AGAIN_AFTER = timedelta(days=1)
"""One alarm is enough for all processes, however long it lasts."""


@dataclass(frozen=True, slots=True)
class RefusalAlarm:
    """Rings once a day at the most."""

    tallies: OwnerTallies
    heartbeats: Heartbeats
    clock: Clock
    app: AppId

    def __call__(self) -> None:
        """Look, after something was refused. Raises StoreUnavailable."""
        tally = self.tallies.since(self.app, self.clock.now() - ALARM_WINDOW)
        if tally.is_alarming and self.heartbeats.reserve(f"refusal alarm of {self.app}", for_at_most=RINGS_AGAIN_AFTER):
            refused = {"refused": tally.only_refused, "answered": tally.answered}
            log.critical("the platform refuses many owners", extra=refused)
