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
LONGEST_ASIDE = 6
"""After so many doublings of that time a grant which is refused again and again steps aside no longer."""


def steps_aside(refusals: int) -> timedelta:
    """How long a grant that was spared lets others find out whether it is over: it may be one that is refused for good."""
    return ONE_EVERY * (1 << min(refusals, LONGEST_ASIDE))


@dataclass(frozen=True, slots=True)
class RefusalTally:
    """Refreshes, and looks at tokens without an end, with a definite answer in the window; and how many of them were refused."""

    answered: int
    refused: int

    @property
    def is_mass(self) -> bool:
        """More than a twentieth of at least fifty."""
        return self.answered >= FEWEST and self.refused > SHARE * self.answered
