"""Session cookies as Auth.js makes them, with claims and header fields of one's choice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from joserfc import jwe

from domain.tokens import Secret
from entrypoints.http.auth.authjs import session_key

NOW = datetime(2026, 12, 1, tzinfo=UTC)
AUTH_SECRET = Secret("example-auth-secret-for-the-projects-own-tests")
VECTORS = Path(__file__).parent / "authjs-vectors.jsonl"


class Vector(NamedTuple):
    """A cookie made by Auth.js itself; `salt` is the cookie's name."""

    salt: str
    sub: str
    token: str


def authjs_vectors() -> list[Vector]:
    return [Vector(**json.loads(line)) for line in VECTORS.read_text().splitlines() if not line.startswith("#")]


def a_session_cookie(
    *,
    name: str = "authjs.session-token",
    secret: Secret = AUTH_SECRET,
    header: Mapping[str, object] | None = None,
    payload: bytes | None = None,
    now: datetime = NOW,
    **claims: object,
) -> str:
    """A cookie's value for the user `ann`, good for an hour from `now`; a claim of None is left out."""
    full = {"sub": "ann", "iat": int(now.timestamp()), "exp": int((now + timedelta(hours=1)).timestamp())} | claims
    present = {claim: value for claim, value in full.items() if value is not None}
    protected = {"alg": "dir", "enc": "A256CBC-HS512", **(header or {})}
    plaintext = payload if payload is not None else json.dumps(present).encode()
    return jwe.encrypt_compact(protected, plaintext, session_key(secret, name), algorithms=["dir", "A256CBC-HS512", "DEF"])
