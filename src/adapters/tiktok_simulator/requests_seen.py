"""The requests that the simulator got, as a test verifies them: everything but secrets."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from .asgi import HttpCall
from .planned_answers import VERSION
from .token_minting import long_fingerprint

_KEPT: Final = 10_000  # requests; older ones are forgotten
SECRET_FIELDS: Final = frozenset({"secret", "client_secret", "access_token", "refresh_token", "auth_code", "code"})
SECRET_HEADERS: Final = frozenset({"access-token", "authorization", "cookie"})


class SeenRequest(msgspec.Struct, kw_only=True):
    """A request and how it was answered. `status` is None while it is under way, or when nothing was sent; `code` is the
    envelope's. Secrets are shown as `sha256:` and 16 hexadecimal digits of their digest.
    """

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int | None = None
    code: int | None = None


class SeenRequests:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[SeenRequest] = deque(maxlen=_KEPT)

    def note(self, call: HttpCall, at: datetime) -> SeenRequest:
        """A request has come; the caller fills in how it ended."""
        seen = SeenRequest(
            at=at,
            method=call.method,
            path=call.path,
            query={name: long_fingerprint(text) if name in SECRET_FIELDS else text for name, text in call.query.items()},
            headers={name: long_fingerprint(text) if name in SECRET_HEADERS else text for name, text in call.headers.items()},
            body=_shown(call.body),
        )
        self._requests.append(seen)
        return seen

    def matching(self, *, path: str | None = None, method: str | None = None, **body: object) -> Sequence[SeenRequest]:
        """Those of a path (with its version, or without for any), a method, and whose body has these fields."""
        return [
            seen
            for seen in self._requests
            if path in {None, seen.path, VERSION.sub("", seen.path)}
            and method in {None, seen.method}
            and (not body or (isinstance(seen.body, dict) and body.items() <= seen.body.items()))
        ]

    def clear(self) -> None:
        """Forget all."""
        self._requests.clear()


def _shown(body: bytes) -> object:
    """The body as JSON has it. What is no JSON is shown by its fingerprint: there may be a secret in it."""
    if not body:
        return None
    try:
        content = msgspec.json.decode(body)
    except ValueError:  # msgspec's errors, and text that is not UTF-8
        return long_fingerprint(body.decode("latin-1"))
    return _without_secrets(content)


def _without_secrets(content: object) -> object:
    if isinstance(content, Mapping):
        return {
            name: long_fingerprint(str(value)) if name in SECRET_FIELDS and value is not None else _without_secrets(value)
            for name, value in content.items()
        }
    return [_without_secrets(one) for one in content] if isinstance(content, list) else content
