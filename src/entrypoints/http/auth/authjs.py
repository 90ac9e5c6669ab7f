"""The session cookies of Auth.js."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.jwk import OctKey

from domain.ids import OwnerId
from domain.tokens import Secret
from entrypoints.http.auth.jwt_claims import Unauthenticated, check_claims, hostile, owner_in

PLAIN_NAME = "authjs.session-token"
SECURE_NAME = "__Secure-authjs.session-token"
ALGORITHMS = ("dir", "A256CBC-HS512")

MAX_COOKIE_LENGTH = 16_384  # characters over all chunks; Auth.js cuts at 4 KB, and browsers send some 50 cookies of 4 KB a host
MAX_CANDIDATES = 4  # both names, whole and in chunks
CHUNK = re.compile(r"\.(0|[1-9][0-9]?)")

Cookies = Sequence[tuple[str, str]]


def session_key(secret: Secret, cookie_name: str) -> OctKey:
    """The key that Auth.js v5 derives from its secret for one cookie's name."""
    info = f"Auth.js Generated Encryption Key ({cookie_name})"
    derivation = HKDF(algorithm=SHA256(), length=64, salt=cookie_name.encode(), info=info.encode())
    return OctKey.import_key(derivation.derive(secret.reveal().encode()))


class AuthJsCookies:
    """Reads the dashboard's own session cookies. Behind https only the `__Secure-` name is read: the other one can be planted."""

    def __init__(self, secrets: Sequence[Secret], *, https: bool) -> None:
        names = (SECURE_NAME,) if https else (SECURE_NAME, PLAIN_NAME)
        self._keys = {name: tuple(session_key(secret, name) for secret in secrets) for name in names} if secrets else {}

    def owner(self, cookies: Cookies, *, now: datetime) -> OwnerId:
        """The one user that the session cookies name.

        Leftovers that can't be verified beside a good cookie do no harm, but two good ones of different users do: then nobody
        is signed in. Raises Unauthenticated.
        """
        tokens = [(name, token) for name in self._keys for token in candidates(cookies, name)]
        if not tokens:
            raise Unauthenticated("no session cookie")
        if len(tokens) > MAX_CANDIDATES:
            raise Unauthenticated("too many session cookies")
        owners: set[OwnerId] = set()
        refused = Unauthenticated("no session cookie")
        for name, token in tokens:
            try:
                owners.add(self._verify(name, token, now=now))
            except Unauthenticated as why:
                refused = why
        if len(owners) > 1:
            raise Unauthenticated("session cookies of different users")
        if not owners:
            raise refused
        return owners.pop()

    def _verify(self, name: str, token: str, *, now: datetime) -> OwnerId:
        plaintext = _decrypt(token, self._keys[name])
        with hostile("session cookie expired or malformed"):
            claims: dict[str, Any] = dict(json.loads(plaintext))
            check_claims(claims, {}, now=now)
        return owner_in(claims, "id", "sub")


def candidates(cookies: Cookies, name: str) -> list[str]:
    """The distinct tokens under one cookie name: whole ones, and the one that its chunks `.0`, `.1`, … make."""
    whole = [value for cookie, value in cookies if cookie == name]
    return list(dict.fromkeys([*whole, *_joined(cookies, name)]))


def _joined(cookies: Cookies, name: str) -> Iterable[str]:
    chunks: dict[int, str] = {}
    for cookie, value in cookies:
        number = CHUNK.fullmatch(cookie.removeprefix(name)) if cookie.startswith(name) else None
        if number and chunks.setdefault(int(number[1]), value) != value:
            raise Unauthenticated("session cookie with one chunk twice")
    if chunks and sorted(chunks) == list(range(len(chunks))):
        yield "".join(chunks[number] for number in range(len(chunks)))


def _decrypt(token: str, keys: Iterable[OctKey]) -> bytes:
    if len(token) > MAX_COOKIE_LENGTH:
        raise Unauthenticated("session cookie too large")
    for key in keys:
        try:
            plaintext = jwe.decrypt_compact(token, key, algorithms=ALGORITHMS).plaintext
        except Exception:  # noqa: BLE001, S112 (a hostile cookie may make the library raise anything; each is "not under this key")
            continue
        if plaintext is not None:
            return plaintext
    raise Unauthenticated("session cookie not made with our secrets")
