"""The fingerprint of a token: a keyed digest by which equal tokens are recognised, and no token is found."""

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.crypto.key_ring import Key
from domain.tokens import Secret

FINGERPRINT_LABEL = b"tiktok-connect token fingerprint v1"


def derived_key(oldest: Key) -> bytes:
    """The key of fingerprints that an encryption key gives rise to (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=None, info=FINGERPRINT_LABEL).derive(oldest.material)


def fingerprint_of(token: Secret, key: bytes) -> str:
    """HMAC-SHA256 (RFC 2104), in hex."""
    return hmac.digest(key, token.reveal().encode(), "sha256").hex()
