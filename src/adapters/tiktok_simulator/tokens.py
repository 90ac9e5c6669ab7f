"""Tokens and codes as the simulated TikTok makes them."""

import enum
import hashlib
import hmac
from typing import NamedTuple

_PROOF_BYTES = 9
_TOKEN_DIGITS = 40  # hexadecimal, as long as TikTok's own access tokens
_LARGEST = {"family": 6, "generation": 4}  # bytes


class SimulatedTokenKind(enum.IntEnum):
    """What a token is for."""

    ACCESS = 1
    REFRESH = 2
    CODE = 3


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
        return (self._proof(words) + words).hex()

    def read(self, token: str) -> Minted | None:
        """What the token says, or None when it was not minted here."""
        try:
            raw = bytes.fromhex(token) if len(token) == _TOKEN_DIGITS else b""
        except ValueError:
            return None
        proof, words = raw[:_PROOF_BYTES], raw[_PROOF_BYTES:]
        if not words or not hmac.compare_digest(proof, self._proof(words)):
            return None
        end = 1 + _LARGEST["family"]
        return Minted(SimulatedTokenKind(words[0]), int.from_bytes(words[1:end]), int.from_bytes(words[end:]))

    def _proof(self, words: bytes) -> bytes:
        return hashlib.blake2b(words, key=self.seed, digest_size=_PROOF_BYTES).digest()


def fingerprint(token: str) -> str:
    """Eight digits by which a log can tell tokens apart without holding them."""
    return hashlib.sha256(token.encode()).hexdigest()[:8]
