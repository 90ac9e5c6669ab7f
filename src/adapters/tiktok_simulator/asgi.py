"""HTTP calls and replies as values, over ASGI: no framework, so that the simulator starts at once and needs little."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON: Final = "application/json"
HTML: Final = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request. Header names are in lower case; of a name that stands twice in the query the last counts."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def form(self) -> dict[str, list[str]]:
        """The body as a form."""
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A response."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def head(self) -> list[tuple[bytes, bytes]]:
        """Its headers as ASGI has them."""
        names = {name.lower(): value for name, value in self.headers.items()}
        names = {"content-type": self.content_type} | names | {"content-length": str(len(self.body))}
        return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in names.items()]


def json_reply(content: object, status: int = HTTPStatus.OK) -> HttpReply:
    """The content as JSON."""
    return HttpReply(status, msgspec.json.encode(content))


async def read_call(scope: Scope, receive: Receive) -> HttpCall | None:
    """The whole request; None when the client left in the midst of it."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True, errors="replace")
    return HttpCall(
        method=scope["method"],
        path=scope["raw_path"].decode("ascii", "replace"),
        query={name: values[-1] for name, values in query.items()},
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )


async def send_reply(send: Send, reply: HttpReply) -> None:
    """Send it whole."""
    await send({"type": "http.response.start", "status": int(reply.status), "headers": reply.head})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})
