"""How one-use values are kept: never in clear."""

import hashlib


def digest(value: str) -> str:
    """SHA-256 in hex; the values are 32 random bytes, so no salt is needed."""
    return hashlib.sha256(value.encode()).hexdigest()
