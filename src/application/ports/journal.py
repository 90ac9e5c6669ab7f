"""The port for answers that the database would not take: this host's own durable memory."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import AttemptId, GrantId, OwnerId
from domain.tokens import Expiring, Sealed


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The only live pair of a grant, sealed for the generation that it will have, on its way to the database."""

    grant: GrantId
    generation: int
    """The generation whose refresh token was spent for it: what it settles against."""
    attempt: AttemptId
    """The claim under which that was done."""
    tokens: Expiring
    fingerprint: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class UnreadAnswer:
    """An answer that nobody could read, sealed, for a person to look at."""

    grant: GrantId
    """Whose refresh token or code was spent for it; what it is sealed for."""
    owner: OwnerId
    answer: Sealed
    """Sealed for this owner and grant, at generation 0."""
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class JournalLoad:
    """How much is kept, and how much room there is."""

    answers: int
    unread: int
    free_bytes: int | None = None
    """On its disk; None: it has none."""


class JournalUnavailable(Exception):
    """The journal is full, or its disk is, or it cannot be written."""


class Journal(Protocol):
    """A few sealed answers, shared by the processes of one host, readable by their user alone."""

    @property
    def name(self) -> str:
        """Which journal it is: the same after a restart of the host, another on another host. Raises JournalUnavailable."""

    def check(self) -> None:
        """See that an answer could be made durable here, by making something so and removing it. Raises JournalUnavailable."""

    def keep(self, answer: KeptAnswer) -> None:
        """Make an answer durable: once this returns it survives the process and the machine. Raises JournalUnavailable.

        An answer is known by its grant, generation and attempt; keeping it twice is keeping it once.
        """

    def kept(self) -> list[KeptAnswer]:
        """All that is kept, oldest first. What is damaged is set aside and reported, and costs nothing else.

        An answer may be among them whose `keep` did not return, since its process died.
        """

    def forget(self, answer: KeptAnswer) -> None:
        """The database has it, or does not want it any more. Forgetting twice is no error."""

    def empty(self) -> bool:
        """Whether nothing is kept; cheap enough to be asked before every claim."""

    def load(self) -> JournalLoad:
        """How much is kept, by counting alone. Zero where there is nothing to look at."""

    def sealed(self) -> list[Sealed]:
        """A sealed text of each answer, unread ones included. Raises JournalUnavailable."""

    def keep_unread(self, answer: UnreadAnswer) -> str:
        """Make such an answer durable; what its file is called. It does not count as kept. Raises JournalUnavailable."""

    def forget_unread(self, before: datetime) -> None:
        """Remove unread answers that were kept before this time."""
