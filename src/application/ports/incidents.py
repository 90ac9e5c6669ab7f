"""The port for mass refusals: something larger than a user is wrong, and no grant is to pay for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.ids import AppId
from domain.mass_refusal import RefusalTally


@dataclass(frozen=True, slots=True)
class Incident:
    """An open mass refusal of one app."""

    app: AppId
    opened_at: datetime


class Incidents(Protocol):
    """What all processes know of an app's mass refusals. All raise StoreUnavailable when the store is away."""

    def tally(self, app: AppId, since: datetime) -> RefusalTally:
        """How many refreshes, and looks at tokens without an end, were answered since then, and how many refused.

        Those in doubt before don't count.
        """

    def current(self, app: AppId) -> Incident | None:
        """The open incident, if there is one; the answer may be a second old."""

    def open(self, app: AppId, now: datetime, since: datetime) -> int:
        """Open an incident unless one is open, and take back what refusals since then did to the health of grants.

        They are active again and due. What is being asked about them now (a probe, or an operator's refresh) settles only if it
        brings new tokens, and keeps its lease. Returns how many.
        """

    def may_send(self, app: AppId, now: datetime, every: timedelta) -> bool:
        """Whether this caller may send the one refresh of this span; exactly one may."""

    def close(self, app: AppId, now: datetime) -> None:
        """A refresh succeeded: it is over. Everything refused in it is due once more."""
