"""The claims of a JWT or session cookie: when they hold, and whom they name."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypedDict

from joserfc.jwt import ClaimsOption, JWTClaimsRegistry

from domain.ids import OwnerId, is_owner

LEEWAY = timedelta(seconds=15)
"""How far apart our clock and the issuer's may be (what Auth.js itself allows)."""

MAX_INTEGER_BITS = 64
"""Of a user's number: databases count no further."""


class Unauthenticated(Exception):
    """Nobody is signed in. `reason` is a constant for logs: no part of a token, cookie or claim."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def hostile(reason: str) -> Iterator[None]:
    """What others wrote is looked at within: it may make a library raise anything, and each is Unauthenticated."""
    try:
        yield
    except Exception:  # noqa: BLE001 (that it is any is the point)
        raise Unauthenticated(reason) from None


class WrongSecret(Unauthenticated):
    """No secret, or one that is not known here: its `reason` is told to whoever runs the service that called."""


class Expected(TypedDict, total=False):
    """Claims that must hold a value."""

    aud: str
    iss: str


def check_claims(claims: Mapping[str, Any], expected: Expected, *, now: datetime) -> None:
    """`exp`, which is required, `nbf` and the expected ones; `iat` is not judged. Raises joserfc's ClaimError."""
    options: dict[str, ClaimsOption] = {"exp": {"essential": True}}
    for name, value in expected.items():
        options[name] = {"essential": True, "value": str(value)}
    registry = JWTClaimsRegistry(now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()), **options)
    registry.validate({name: claim for name, claim in claims.items() if name != "iat"})


def owner_in(claims: Mapping[str, Any], *names: str) -> OwnerId:
    """The user that the first of these claims names, an integer by its decimal text; a claim that is null counts as absent.

    Raises Unauthenticated.
    """
    value = next((claims[name] for name in names if claims.get(name) is not None), None)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= MAX_INTEGER_BITS:
        value = str(value)
    if not isinstance(value, str) or not is_owner(value):
        raise Unauthenticated("the token names no user")
    return OwnerId(value)
