"""When refusals are too many to be users' doing: an incident at the platform, a wrong address, a restored backup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

WINDOW = timedelta(minutes=10)
FEWEST = 50
"""Under this many refreshes in the window nothing can be concluded."""
SHARE = 0.05
ONE_EVERY = timedelta(minutes=1)
"""During a mass refusal one refresh in this time finds out whether it is over."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Refreshes with a definite answer in the window, and how many of them were refused."""

    answered: int
    refused: int

    @property
    def is_mass(self) -> bool:
        """More than a twentieth of at least fifty."""
        return self.answered >= FEWEST and self.refused > SHARE * self.answered
