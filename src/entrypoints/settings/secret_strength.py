"""Which secrets and keys are too weak to be used: too short, or published in this project's own text."""

from domain.tokens import Secret
from entrypoints.settings.invalid_settings import Malformed
from entrypoints.settings.published_secrets import PUBLISHED_SECRETS

MIN_SECRET_LENGTH = 16
"""Characters, where no other length is given (docs/production.md)."""
MIN_HS256_LENGTH = 32
"""Bytes; RFC 7518, section 3.2: a key as long as the hash."""
MIN_RSA_BITS = 2048
"""RFC 7518, section 3.3."""
MAX_RSA_BITS = 8192
"""Beyond, one look at a signature holds the event loop for milliseconds."""

MAKE_ONE = "make your own, e.g. with: openssl rand -hex 32"
PUBLISHED = frozenset(PUBLISHED_SECRETS)


def strong_secret(value: str, *, shortest: int = MIN_SECRET_LENGTH, remedy: str = MAKE_ONE) -> Secret:
    """A secret that is long enough and not one of our own examples. `remedy`: where a better one comes from. Raises Malformed."""
    if value in PUBLISHED:
        raise Malformed("is an example that everybody can read", remedy)
    if len(value) < shortest:
        raise Malformed(f"is shorter than {shortest} characters", remedy)
    return Secret(value)
