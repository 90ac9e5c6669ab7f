"""Keyed digests: a token's fingerprint, and a pseudonym of what was erased. Equal ones are recognised, and nothing is found."""

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.crypto.key_ring import Key
from domain.tokens import Secret

FINGERPRINT_LABEL = b"tiktok-connect token fingerprint v1"
PSEUDONYM_LABEL = b"tiktok-connect pseudonym v1"


def derived_key(oldest: Key) -> bytes:
    """The key of fingerprints that an encryption key gives rise to (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=None, info=FINGERPRINT_LABEL).derive(oldest.material)


def fingerprint_of(token: Secret, key: bytes) -> str:
    """HMAC-SHA256 (RFC 2104), in hex."""
    return hmac.digest(key, token.reveal().encode(), "sha256").hex()


def pseudonym_of(text: str, key: bytes) -> str:
    """HMAC-SHA256, in hex, under a key derived from that of the fingerprints: no pseudonym is a fingerprint."""
    own = HKDF(SHA256(), length=32, salt=None, info=PSEUDONYM_LABEL).derive(key)
    return hmac.digest(own, text.encode("utf-8", "surrogatepass"), "sha256").hex()
