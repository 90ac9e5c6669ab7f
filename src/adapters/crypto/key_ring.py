"""The encryption keys: which one seals, and which ones open."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

KEY_BYTES = 32
"""AES-256."""

KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
"""What a key may be called: the settings' rule, and short enough for its one-byte length in a ciphertext."""


@dataclass(frozen=True, slots=True)
class Key:
    """A token encryption key. Its id stands in the clear in every text it sealed. Raises ValueError for a malformed one."""

    id: str
    material: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not KEY_ID.fullmatch(self.id):
            raise ValueError("a key's id is 1 to 32 letters, digits, dots, dashes or underscores")
        if len(self.material) != KEY_BYTES:
            raise ValueError(f"the key {self.id} is not {KEY_BYTES} bytes long")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys, newest first: the first seals, all open, the last (oldest) makes the fingerprints.

    Raises ValueError when there is none, or when two share an id.
    """

    keys: tuple[Key, ...]

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("a key ring needs a key")
        if len({key.id for key in self.keys}) < len(self.keys):
            raise ValueError("two keys have the same id: a sealed text could not say which one sealed it")

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, bytes]]) -> "KeyRing":
        """From pairs of id and 32 bytes, newest first. Raises ValueError."""
        return cls(tuple(Key(name, material) for name, material in pairs))

    @property
    def newest(self) -> Key:
        return self.keys[0]

    @property
    def oldest(self) -> Key:
        return self.keys[-1]

    @staticmethod
    def generate() -> str:
        """A new key as the setting TOKEN_ENCRYPTION_KEYS takes it, `id:64 hex`, under an id of its own. It is a secret."""
        return f"k{secrets.token_hex(4)}:{secrets.token_hex(KEY_BYTES)}"
