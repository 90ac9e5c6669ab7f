"""Numbers that look random and are the same every time."""

import hashlib
from typing import Final

_ID_RANGE: Final = 10**15


def seeded(*words: object) -> int:
    """A large number that follows from these words alone."""
    return int.from_bytes(hashlib.blake2b("\0".join(map(str, words)).encode(), digest_size=8).digest())


def seeded_id(*words: object) -> str:
    """An id of 19 digits, as TikTok's are."""
    return str(1_780_000_000_000_000_000 + seeded(*words) % _ID_RANGE)
