"""The port for keeping tokens unreadable at rest."""

from typing import Protocol

from domain.ids import GrantId
from domain.tokens import Sealed, Secret, TokenKind


class Sealer(Protocol):
    """Seals tokens with AES-256, each bound to its place: a ciphertext moved to another grant or column does not open."""

    def seal(self, token: Secret, grant: GrantId, kind: TokenKind) -> Sealed:
        """Encrypt with the newest key."""

    def open(self, sealed: Sealed, grant: GrantId, kind: TokenKind) -> Secret:
        """Decrypt with whichever configured key sealed it. Raises CannotOpen when none does, or the text was moved or damaged."""

    @property
    def keys(self) -> frozenset[str]:
        """The ids of the keys that are here."""

    @property
    def newest(self) -> str:
        """The id of the key that seals."""

    def has_key(self, sealed: Sealed) -> bool:
        """Whether the key that sealed it is here, by the id in the text and without opening it; also where the text says none."""

    def fingerprint(self, token: Secret) -> str:
        """A keyed digest that is the same for the same token, in every process over this database. It never fails."""

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
