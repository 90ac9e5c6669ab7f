"""What an app's owners were answered lately: whether a refusal is a user's doing, and when many of them ring an alarm."""

from dataclasses import dataclass
from datetime import timedelta

LEARNING_WINDOW = timedelta(days=1)
FEW_OWNERS = 5
"""With fewer owners answered in `LEARNING_WINDOW`, nothing can be learnt from others."""
ALARM_OWNERS = 20
"""With fewer owners answered in `ALARM_WINDOW`, many refusals ring no alarm."""
ALARM_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OwnerTally:
    """How many owners of an app were answered in a span of time, each counted once."""

    rotated: int = 0
    newly_refused: int = 0
    """Owners of a token that was refused for the first time."""
    only_refused: int = 0
    """Owners that were refused, for the first time or again, and of whom nothing was rotated."""

    @property
    def answered(self) -> int:
        return self.rotated + self.only_refused

    @property
    def is_few(self) -> bool:
        """Whether these are too few to learn from."""
        return self.answered < FEW_OWNERS

    @property
    def speaks_for_refusals(self) -> bool:
        """Whether a refusal among these answers is the doing of a user, and of nothing larger."""
        return self.rotated > self.newly_refused

    @property
    def is_alarming(self) -> bool:
        """Whether something larger than users may be wrong: half of the owners were refused."""
        return self.answered >= ALARM_OWNERS and 2 * self.only_refused >= self.answered
