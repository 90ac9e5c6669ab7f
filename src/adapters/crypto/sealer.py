"""The sealer: AES-256-GCM, each token bound to its grant and kind."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.token_fingerprint import TokenFingerprint
from domain.errors import CannotOpen, KeyAbsent
from domain.ids import GrantId
from domain.tokens import Sealed, Secret, TokenKind

VERSION = 1
NONCE_BYTES = 12
"""NIST SP 800-38D, 8.2.2: random nonces of 96 bits are good for 2^32 texts under one key."""


class AesGcmSealer:
    """AES-256-GCM (NIST SP 800-38D). Keeps the promises of the port `Sealer`; any number of threads may share it.

    A sealed text is: version (1 byte), length of the key's id (1 byte), the key's id, nonce (12 bytes), ciphertext with its
    16-byte tag. Version, id, kind and grant are associated data, so none can be exchanged. See docs/adr/0004-sealing.md.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ciphers = {key.id.encode(): AESGCM(key.material) for key in ring.keys}
        self._newest = ring.newest.id.encode()
        self._fingerprint_of = TokenFingerprint(ring.oldest)

    def seal(self, token: Secret, grant: GrantId, kind: TokenKind) -> Sealed:
        header = bytes([VERSION, len(self._newest)]) + self._newest
        nonce = secrets.token_bytes(NONCE_BYTES)
        text = self._ciphers[self._newest].encrypt(nonce, token.reveal().encode(), _place(header, grant, kind))
        return Sealed(header + nonce + text)

    def open(self, sealed: Sealed, grant: GrantId, kind: TokenKind) -> Secret:
        text = sealed.ciphertext
        if len(text) < 2 or text[0] != VERSION:  # noqa: PLR2004 (version and length, one byte each)
            raise CannotOpen("not a sealed token of a known version")
        body = 2 + text[1]
        header, nonce, text = text[:body], text[body : body + NONCE_BYTES], text[body + NONCE_BYTES :]
        cipher = self._ciphers.get(header[2:])
        if cipher is None:
            raise KeyAbsent("the key that sealed it is not configured here")
        try:
            return Secret(cipher.decrypt(nonce, text, _place(header, grant, kind)).decode())
        except (InvalidTag, ValueError):  # ValueError: what is left after a cut is shorter than a nonce
            raise CannotOpen("it was moved or damaged, or its key has another's id") from None

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(key.decode() for key in self._ciphers)

    def has_key(self, sealed: Sealed) -> bool:
        text = sealed.ciphertext
        return len(text) < 2 or text[0] != VERSION or text[2 : 2 + text[1]] in self._ciphers  # noqa: PLR2004 (version and length)

    def fingerprint(self, token: Secret) -> str:
        return self._fingerprint_of(token)


def _place(header: bytes, grant: GrantId, kind: TokenKind) -> bytes:
    word = kind.value.encode()
    return header + bytes([len(word)]) + word + grant.encode()
