"""The fingerprint of a token: a keyed digest by which equal tokens are recognised, and no token is found."""

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.crypto.key_ring import Key
from domain.tokens import Secret

FINGERPRINT_LABEL = b"tiktok-connect token fingerprint v1"


class TokenFingerprint:
    """HMAC-SHA256 (RFC 2104) in hex, under a key that HKDF (RFC 5869) derives from the oldest encryption key."""

    def __init__(self, key: Key) -> None:
        self._key = HKDF(SHA256(), length=32, salt=None, info=FINGERPRINT_LABEL).derive(key.material)

    def __call__(self, token: Secret) -> str:
        return hmac.digest(self._key, token.reveal().encode(), "sha256").hex()
