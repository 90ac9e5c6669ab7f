"""The port for where people see their spend besides here: the dashboard's own table, by connection and day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Protocol

from domain.delivered_spend import DaysToDeliver
from domain.ids import ConnectionId
from domain.mirror_look import MirrorIdentity


class DeliveryOutcome(Enum):
    """What became of a piece of days."""

    THERE = "there"
    """All but the refused days are there as ours, written now or before."""
    LEFT = "left"
    """Nothing was to be done."""
    NO_ROW = "no_row"
    """The connection has no row there, so nothing was written."""
    WITHHELD = "withheld"
    """The dashboard would add unlike currencies: nothing was written."""
    CONFLICT = "conflict"
    """The row there is not as we wrote it, or the table refuses: an operator has to look. Nothing was written."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of days, and of those that were left as they are."""

    outcome: DeliveryOutcome
    difference: str | None = None
    """A line for operators: why nothing was written. Without values of people."""
    delivered: frozenset[date] = frozenset()
    """Days that are there as ours."""
    different: frozenset[date] = frozenset()
    """Days that were not there as ours when they were looked at."""
    refused: Mapping[date, str] = field(default_factory=dict)
    """Days that do not fit its columns, each with a line that says why: they stay as they were."""


class SpendSink(Protocol):
    """Days of spend under a connection's row. Every statement concerns TikTok's rows alone. All but `configured` raise
    MirrorUnavailable: then what was asked may have happened.
    """

    @property
    def configured(self) -> bool:
        """False for the adapter that delivers nowhere: then nothing below is called by anybody."""

    def deliver(self, connection: ConnectionId, days: Callable[[MirrorIdentity], DaysToDeliver | None]) -> DeliveryReport:
        """Replace days as a whole in one transaction: lock the connection there as the mirror does, call `days`, write, release.

        `days` is told which database this is, read in the same transaction; None: nothing is to be done. Two that deliver to one
        connection, or settle its row, do so one after the other. Nothing is written without the connection's row, with its
        owner and account and without a token. A day that is there already is not written. What `days` raises is raised.
        """

    def compare(self, connection: ConnectionId, days: DaysToDeliver) -> DeliveryReport:
        """What a delivery would do. Nothing is changed."""
