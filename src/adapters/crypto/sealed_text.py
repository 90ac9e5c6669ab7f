"""The form of a sealed text: AES-256-GCM by one of a ring of keys, whose id stands in the clear at its head."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.crypto.key_ring import KeyRing
from domain.errors import CannotOpen, KeyAbsent
from domain.tokens import Sealed

NONCE_BYTES = 12
"""NIST SP 800-38D, 8.2.2: random nonces of 96 bits are good for 2^32 texts under one key."""


class SealedTexts:
    """Seals with the first key, opens with each. Any number of threads may share it.

    A sealed text is: version (1 byte), length of the key's id (1 byte), the key's id, nonce (12 bytes), ciphertext with its
    16-byte tag. The head and the place are associated data, so neither can be exchanged. See docs/adr/0004-sealing.md.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ciphers = {key.id: AESGCM(key.material) for key in ring.keys}
        self.newest = ring.newest.id

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._ciphers)

    def seal(self, text: bytes, version: int, place: bytes) -> Sealed:
        """Encrypt for a place, with the first key."""
        head = bytes([version, len(self.newest)]) + self.newest.encode()
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(head + nonce + self._ciphers[self.newest].encrypt(nonce, text, head + place))

    def open(self, sealed: Sealed, version: int, place: bytes) -> bytes:
        """Decrypt with the key that sealed it. Raises KeyAbsent, CannotOpen; neither says anything of the text."""
        text, key = sealed.ciphertext, sealed.key_id
        if key is None or text[0] != version:
            raise CannotOpen("not a sealed token of a known version")
        cipher = self._ciphers.get(key)
        if cipher is None:
            raise KeyAbsent("the key that sealed it is not configured here")
        body = 2 + text[1]
        try:
            return cipher.decrypt(text[body : body + NONCE_BYTES], text[body + NONCE_BYTES :], text[:body] + place)
        except (InvalidTag, ValueError):  # ValueError: what is left after a cut is shorter than a nonce
            raise CannotOpen("it was moved or damaged, or its key has another's id") from None
