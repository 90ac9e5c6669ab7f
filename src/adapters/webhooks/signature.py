"""Signatures of the Standard Webhooks specification (https://www.standardwebhooks.com), version 1."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence

from domain.tokens import Secret

PREFIX = "whsec_"


def signature_header(secrets: Sequence[Secret], message: str, timestamp: int, body: str) -> str:
    """One HMAC-SHA256 over id, time and body for each secret, in their order: a receiver that has any of them can check it."""
    signed = f"{message}.{timestamp}.{body}".encode()
    digests = (hmac.digest(b64decode(secret.reveal().removeprefix(PREFIX)), signed, "sha256") for secret in secrets)
    return " ".join(f"v1,{b64encode(digest).decode()}" for digest in digests)
