"""The port for keeping tokens unreadable at rest."""

from typing import Protocol

from domain.seal_place import SealPlace
from domain.tokens import Sealed, Secret, TokenKind


class Sealer(Protocol):
    """Seals tokens with AES-256, each bound to its place: a ciphertext that is moved to another owner, grant, generation or
    column does not open.
    """

    def seal(self, token: Secret, place: SealPlace, kind: TokenKind) -> Sealed:
        """Encrypt with the newest key, in the format that is `written`, for the generation that the token will have."""

    def open(self, sealed: Sealed, place: SealPlace, kind: TokenKind) -> Secret:
        """Decrypt with whichever configured key sealed it. Raises CannotOpen, which names the grant, when none does, or the
        text was moved or damaged, or is of a format of which nothing is left.
        """

    @property
    def keys(self) -> frozenset[str]:
        """The ids of the keys that are here."""

    @property
    def newest(self) -> str:
        """The id of the key that seals."""

    @property
    def written(self) -> int:
        """In which format it seals (`domain.seal_place`)."""

    @property
    def first_refused(self) -> bool:
        """Whether the first format is opened no more."""

    def write_bound(self) -> None:
        """Have all processes seal in the format that binds to owner and generation, from now on. Raises StoreUnavailable."""

    def refuse_first(self) -> None:
        """Have all processes open the first format no more: nothing of it is left. Raises StoreUnavailable."""

    def has_key(self, sealed: Sealed) -> bool:
        """Whether the key that sealed it is here, by the id in the text and without opening it; also where the text says none."""

    def fingerprint(self, token: Secret) -> str:
        """A keyed digest that is the same for the same token, in every process over this database. It never fails."""

    def pseudonym(self, text: str) -> str:
        """What is kept in place of an id that is erased: a keyed digest, the same for the same text in every process over this
        database, by which nobody finds the id who has not got the key. It never fails.
        """

    def sync(self) -> None:
        """Read what all processes share, if it is time to: before a call that spends anything, and never between its answer and
        the settle. It raises nothing.
        """

    def shared_key(self) -> str | None:
        """The id of the key that sealed what all processes share, if there is any of that. Raises StoreUnavailable."""

    def reseal_shared(self) -> bool:
        """Seal that with the newest key. Whether another had. Raises StoreUnavailable, CannotOpen."""

    def replace_shared(self, lost: str) -> bool:
        """Begin anew with it where this key, which is lost, sealed it. Whether it had. Raises StoreUnavailable."""
