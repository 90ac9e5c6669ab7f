"""What a sealed token is bound to: a text that is moved from there does not open."""

from dataclasses import dataclass

from domain.ids import GrantId, OwnerId

FIRST_FORMAT, BOUND_FORMAT = 1, 2
"""The first one binds a text to grant and kind; the other one also to owner and generation."""

FIRST_GENERATION = 1
"""The one of a new grant's tokens."""


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Whose token it is, of which grant, and at which of its generations."""

    owner: OwnerId
    grant: GrantId
    generation: int
