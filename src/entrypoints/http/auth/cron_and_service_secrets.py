"""The secrets by which services, the cron door and whoever reads the figures are known, compared in constant time."""

import hmac
from collections.abc import Iterable

from domain.tokens import Secret
from entrypoints.http.auth.request_headers import bearer_token
from entrypoints.settings import Service
from entrypoints.settings.setting_values import digest_of


def authenticate_service(authorization: str | None, services: Iterable[Service]) -> Service | None:
    """The backend service whose secret this is, or None. Takes as long for a near miss as for any other text."""
    token = bearer_token(authorization)
    matching = None
    for service in services:
        if hmac.compare_digest(digest_of(token or ""), service.digest) and token:
            matching = service
    return matching


def bearer_matches(authorization: str | None, secret: Secret) -> bool:
    """Whether the header carries this one secret (cron, metrics), compared in constant time."""
    token = bearer_token(authorization)
    return same_secret(token or "", secret) and token is not None


def same_secret(presented: str, secret: Secret) -> bool:
    """Compared over digests, so that the time taken tells neither a common beginning nor the length."""
    return hmac.compare_digest(digest_of(presented), digest_of(secret.reveal()))
