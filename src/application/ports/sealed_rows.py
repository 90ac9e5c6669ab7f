"""The port for sealed tokens as they lie in the store, whichever grant is theirs: to count them, and to seal them anew."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from domain.ids import GrantId, OwnerId
from domain.key_use import RowSeals
from domain.tokens import Sealed


class SealedIn(Enum):
    """Where sealed tokens lie."""

    GRANTS = "grants"
    REVOCATIONS = "revocations"


@dataclass(frozen=True, slots=True)
class SealHead:
    """How a text begins: in which format it is, and which key sealed it."""

    format: int
    key: str


@dataclass(frozen=True, slots=True)
class SealedRow:
    """The sealed tokens of one row, and what they are bound to."""

    id: str
    """The row's: a grant's or a revocation's."""
    grant: GrantId
    owner: OwnerId
    generation: int
    access: Sealed
    refresh: Sealed | None = None


@dataclass(frozen=True, slots=True)
class Resealed:
    """What one step came to."""

    changed: int
    last: str | None
    """The row that was looked at last; None: there are no more."""


class SealedRows(Protocol):
    """All raise StoreUnavailable when the store is away."""

    def counts(self) -> RowSeals:
        """How many rows each key sealed, by the ids in the texts. It looks at every row."""

    def of_first_format(self) -> bool:
        """Whether any row holds a text of the first format. It may look at every row."""

    def besides(self, head: SealHead) -> int:
        """How many rows hold a text that begins otherwise. It looks at every row."""

    def reseal(
        self, where: SealedIn, head: SealHead, change: Callable[[SealedRow], SealedRow | None], *, after: str | None, limit: int
    ) -> Resealed:
        """Put what `change` makes of them in the place of so many rows' texts, by id, from behind `after` on, in one transaction.

        Rows that begin like this may be passed over, and so may those that somebody else is changing. None: it stays as it is.
        A row is changed at the generation that it was read at, and nothing of it but the texts.
        """

    def grants_of(self, key: str, *, after: GrantId | None, limit: int) -> list[GrantId]:
        """Grants that this key sealed, by their ids, from behind `after` on."""

    def long_term(self, *, after: GrantId | None, limit: int) -> list[GrantId]:
        """Grants with a token that has no end, by their ids, from behind `after` on."""
