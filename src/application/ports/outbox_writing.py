"""The port for what is written to the outbox, in the commit that made it true."""

from collections.abc import Sequence
from typing import Protocol

from domain.events import Event


class Outbox(Protocol):
    """Facts on their way to others, stored with the change that they report."""

    def add(self, events: Sequence[Event]) -> None:
        """Send these with the commit, in this order."""
