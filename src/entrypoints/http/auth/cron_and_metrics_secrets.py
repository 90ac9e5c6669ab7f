"""The one secret by which the cron door knows its caller, and the other of whoever reads the figures."""

import hmac

from domain.tokens import Secret
from entrypoints.http.auth.request_headers import bearer_token
from entrypoints.settings.setting_values import digest_of


def bearer_matches(authorization: str | None, secret: Secret) -> bool:
    """Whether the header carries this one secret (cron, metrics), compared in constant time."""
    token = bearer_token(authorization)
    return same_secret(token or "", secret) and token is not None


def same_secret(presented: str, secret: Secret) -> bool:
    """Compared over digests, so that the time taken tells neither a common beginning nor the length."""
    return hmac.compare_digest(digest_of(presented), digest_of(secret.reveal()))
