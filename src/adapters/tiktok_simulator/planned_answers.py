"""Planned answers: what the next calls of a path get, word for word."""

import re
from typing import Annotated, Any, Final

import msgspec

from .planned_queue import PlannedQueue

VERSION: Final = re.compile(r"^/open_api/v\d+\.\d+(?=/)")


class PlannedAnswer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """What the next `count` calls of a path are answered, verbatim; they are not processed, so tokens are not rotated.

    `path` is an endpoint, with or without `/open_api/vN.N` before it: it stands for every version. `body` is sent as JSON,
    `body_text` as it is.
    """

    path: str
    method: str | None = None
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 200
    headers: dict[str, str] = {}
    body: Any = msgspec.UNSET
    body_text: str | None = None
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=3_600_000)] = 0
    count: Annotated[int, msgspec.Meta(ge=1)] = 1

    def __post_init__(self) -> None:
        if self.body is not msgspec.UNSET and self.body_text is not None:
            raise ValueError("An answer takes either body or bodyText")

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        if self.body_text is not None:
            return self.body_text.encode("utf-8", "surrogatepass")
        return b"" if self.body is msgspec.UNSET else msgspec.json.encode(self.body)

    @property
    def code(self) -> int | None:
        """The envelope's code in it, where it is an envelope."""
        code = self.body.get("code") if isinstance(self.body, dict) else None
        return code if isinstance(code, int) else None


class PlannedAnswers(PlannedQueue[PlannedAnswer]):
    """The answers that are due."""

    def take(self, method: str, path: str) -> PlannedAnswer | None:
        """The answer for this call, if one is planned."""
        for answer in self._planned:
            if answer.method not in {None, method} or VERSION.sub("", answer.path) != VERSION.sub("", path):
                continue
            answer.count -= 1
            if not answer.count:
                self._planned.remove(answer)
            return answer
        return None
