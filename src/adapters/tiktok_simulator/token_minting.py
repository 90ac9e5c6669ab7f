"""Tokens and codes as the simulated TikTok makes them."""

import base64
import enum
import hashlib
import hmac
from typing import Final, NamedTuple

_PROOF_BYTES: Final = 9
_LARGEST: Final = {"family": 6, "generation": 4}  # bytes
_RAW_BYTES: Final = _PROOF_BYTES + 1 + sum(_LARGEST.values())


class SimulatedTokenKind(enum.IntEnum):
    """What a token is for."""

    ACCESS = 1
    REFRESH = 2
    CODE = 3
    LONG_TERM = 4
    """An access token without an end."""


_SHAPES: Final = {
    SimulatedTokenKind.ACCESS: ("act.", "!5308.va"),
    SimulatedTokenKind.REFRESH: ("rft.", "!5339.va"),
    SimulatedTokenKind.CODE: ("", "*1!6321.va"),
}
"""What stands before and after the token's own text, as in recordings of TikTok's account flow. A long-term token is 40
hexadecimal digits, as advertiser apps get them.
"""


class Minted(NamedTuple):
    """What a token of ours says: its kind, the consent it comes from, and how many rotations there were, plus one."""

    kind: SimulatedTokenKind
    family: int
    generation: int


class Mint:
    """Makes and reads tokens. Opaque to a client, each names its family and generation under a keyed hash, so that
    spent tokens are recognised for ever although none is remembered.
    """

    __slots__ = ("seed",)

    def __init__(self, seed: bytes) -> None:
        self.seed = seed

    def token(self, kind: SimulatedTokenKind, family: int, generation: int) -> str:
        """The one token of this kind, family and generation."""
        words = bytes([kind]) + family.to_bytes(_LARGEST["family"]) + generation.to_bytes(_LARGEST["generation"])
        raw = self._proof(words) + words
        if kind not in _SHAPES:
            return raw.hex()
        before, after = _SHAPES[kind]
        return before + base64.urlsafe_b64encode(raw).decode().rstrip("=") + after

    def read(self, token: str) -> Minted | None:
        """What the token says, or None when it was not minted here."""
        raw = _raw(token)
        proof, words = raw[:_PROOF_BYTES], raw[_PROOF_BYTES:]
        if len(raw) != _RAW_BYTES or not hmac.compare_digest(proof, self._proof(words)):
            return None
        end = 1 + _LARGEST["family"]
        return Minted(SimulatedTokenKind(words[0]), int.from_bytes(words[1:end]), int.from_bytes(words[end:]))

    def _proof(self, words: bytes) -> bytes:
        return hashlib.blake2b(words, key=self.seed, digest_size=_PROOF_BYTES).digest()


def _raw(token: str) -> bytes:
    """The bytes in a token's text; hexadecimal ones of every kind were made by earlier versions. Empty when it is no token."""
    try:
        for before, after in _SHAPES.values():
            if token.startswith(before) and token.endswith(after):
                text = token[len(before) : -len(after)]
                raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
                return raw if base64.urlsafe_b64encode(raw).decode().rstrip("=") == text else b""
        return bytes.fromhex(token) if len(token) == 2 * _RAW_BYTES else b""
    except ValueError:
        return b""


def fingerprint(token: str) -> str:
    """Eight digits by which a log can tell tokens apart without holding them."""
    return hashlib.sha256(token.encode()).hexdigest()[:8]


def long_fingerprint(secret: str) -> str:
    """By what `/_sim/requests` shows a secret: a test compares it with the digest of the one that it knows."""
    return f"sha256:{hashlib.sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
