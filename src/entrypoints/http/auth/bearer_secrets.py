"""Bearer secrets of services and of the cron endpoint."""

import hmac
from collections.abc import Iterable
from hashlib import sha256

from domain.tokens import Secret
from entrypoints.settings import Service


def bearer_token(authorization: str | None) -> str | None:
    """The token of `Authorization: Bearer <token>` (RFC 6750; the scheme in any case, RFC 9110); None for anything else."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip(" ")
    return token if scheme.lower() == "bearer" and token and not set(token) & set(" \t,") else None


def authenticate_service(authorization: str | None, services: Iterable[Service]) -> Service | None:
    """The backend service whose secret this is, or None. Takes as long for a near miss as for any other text."""
    token = bearer_token(authorization)
    matching = None
    for service in services:
        if same_secret(token or "", service.secret) and token:
            matching = service
    return matching


def bearer_matches(authorization: str | None, secret: Secret) -> bool:
    """Whether the header carries this one secret (cron, metrics), compared in constant time."""
    token = bearer_token(authorization)
    return same_secret(token or "", secret) and token is not None


def same_secret(presented: str, secret: Secret) -> bool:
    """Compared over digests, so that the time taken tells neither a common beginning nor the length."""
    return hmac.compare_digest(_digest(presented), _digest(secret.reveal()))


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
