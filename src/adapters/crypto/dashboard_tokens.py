"""Opening tokens that the WAB Dashboard sealed: AES-256-GCM, not bound to any place."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import CannotOpen
from domain.tokens import Secret

NONCE_BYTES, TAG_BYTES = 12, 16


class DashboardTokens:
    """Keeps the promises of the port `OldTokens`. A text is base64 of nonce (12 bytes), ciphertext, tag (16 bytes)."""

    def __init__(self, keys: Iterable[Secret]) -> None:
        self._ciphers = [AESGCM(bytes.fromhex(key.reveal())) for key in keys]

    def open(self, text: str) -> Secret:
        try:
            sealed = b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            raise CannotOpen("it is no base64") from None
        if len(sealed) <= NONCE_BYTES + TAG_BYTES:
            raise CannotOpen("it is too short to hold a token")
        for cipher in self._ciphers:
            try:
                return Secret(cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode("ascii"))
            except InvalidTag:
                continue
            except UnicodeDecodeError:
                raise CannotOpen("what it holds is no token") from None
        raise CannotOpen("no key in WAB_TOKEN_KEYS opens it")
