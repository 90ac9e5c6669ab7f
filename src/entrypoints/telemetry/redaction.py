"""Keeping secrets out of log lines."""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from enum import Enum
from itertools import islice
from pathlib import PurePath
from uuid import UUID

from domain.tokens import Secret

REDACTED = "[redacted]"
MAX_DEPTH = 8  # levels of nesting; deeper structures are no log fields
MAX_TEXT = 16_000  # characters, a deep traceback's; what is longer is somebody else's text, and no pattern looks at the rest
MAX_TOGETHER = 24_000  # characters of all texts of a line, which are looked at in their order
SHORT = 64  # characters; so short a text is shown however long the line is: its time, its level
MAX_NAME = 200  # characters; a longer name is text from outside
MAX_ELEMENTS = 100  # of a list or a mapping

SECRET_NAME = re.compile(
    r"secret|token|passw|pwd|authorization|cookie|credential|signature|api_?key|private_?key|encryption_?key|jwt"
    r"|^(auth_?|authorization_?|oauth_?)?code$|^state$|^key$",
    re.IGNORECASE,
)
"""Names whose text is never shown. Numbers, flags and times under such a name are: `tokens=5`, `token_expires_at=…`."""

CUT_MARGIN = 64
"""Characters that are looked at beyond `MAX_TEXT` and never shown: a secret that the cut halves is still recognised."""

WORD_OF_SECRETS = "secret|token|password|authorization|cookie|auth_code"

PATTERNS = (
    (re.compile(r"(?<=://)[^\s/@\"'<>]+@"), f"{REDACTED}@"),  # credentials in a URL
    (re.compile(r"(?<=[\w/\])])\?[^\s\"'<>=?]+=[^\s\"'<>]*"), f"?{REDACTED}"),  # the query of a URL or path
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',;]{8,}", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w.-]*)?"), REDACTED),  # a JWS or JWE, by the base64 of its first `{"`
    (re.compile(r"\b((?:access-token|(?:set-)?cookie)\s*:\s*)[^\r\n\"']+", re.IGNORECASE), rf"\1{REDACTED}"),  # header lines
    (
        # name=value, and "name": "value" as in JSON and in a repr; a duration is no secret (--access-token-seconds)
        re.compile(
            rf"(?<![\w-])((?=[\w-]*?(?:{WORD_OF_SECRETS}))[\w-]++(?<!seconds)(?:=|[\"']\s*[:,=]\s*[bru]?))"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&)}\"']+)",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
)
"""None goes over a text more than once: each begins where a word, a `?` or a `://` does, and never turns back."""

HIDDEN = (Secret, bytes, bytearray, memoryview)
Shown = bool | int | float | date | timedelta


class Redaction:
    """Takes secrets out of log fields and texts: by the field's name, by the value's type, by what secrets look like in text,
    and the known ones wherever they turn up.
    """

    def __init__(self, known: Iterable[Secret] = ()) -> None:
        texts = sorted((secret.reveal() for secret in known if secret), key=len, reverse=True)
        self._known = re.compile("|".join(re.escape(text) for text in texts)) if texts else None
        self._margin = max([CUT_MARGIN, *map(len, texts)])

    def text(self, text: str) -> str:
        """The text without anything that looks like a secret."""
        cut = len(text) > MAX_TEXT
        shown = text[: MAX_TEXT + self._margin] if cut else text
        if self._known:
            shown = self._known.sub(REDACTED, shown)
        for pattern, replacement in PATTERNS:
            shown = pattern.sub(replacement, shown)
        return f"{shown[: -self._margin]}… ({len(text) - MAX_TEXT} characters more)" if cut else shown

    def fields(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Log fields; all that is left can be written as JSON."""
        return _Line(self).fields(fields)


class _Line:
    """One log line: what of it is shown already counts against the rest."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction, self._room = redaction, MAX_TOGETHER

    def fields(self, fields: Mapping[str, object]) -> dict[str, object]:
        return {self._text(str(name)): self._field(str(name), value, MAX_DEPTH) for name, value in fields.items()}

    def _text(self, text: str) -> str:
        if self._room <= 0 and len(text) > SHORT:
            return "…"
        shown = self._redaction.text(text)
        self._room -= len(shown) + 1
        return shown

    def _field(self, name: str, value: object, depth: int) -> object:
        if value is None or (isinstance(value, Shown) and not isinstance(value, Enum)):
            return _shown(value)
        if len(name) > MAX_NAME or SECRET_NAME.search(name) or isinstance(value, HIDDEN) or depth == 0:
            return REDACTED
        if self._room <= 0 and not isinstance(value, str):
            return "…"
        if isinstance(value, Mapping):
            first = islice(value.items(), MAX_ELEMENTS)
            return {self._text(str(key)): self._field(str(key), inner, depth - 1) for key, inner in first if self._room > 0}
        if isinstance(value, Sequence | AbstractSet) and not isinstance(value, str):
            return self._elements(tuple(value), depth - 1)
        return self._text(str(value) if isinstance(value, str | UUID | PurePath) else repr(value))

    def _elements(self, values: tuple[object, ...], depth: int) -> list[object]:
        name = values[0] if len(values) == len(("name", "value")) and isinstance(values[0], str) else ""
        shown = [self._field("" if value is name else name, value, depth) for value in values[:MAX_ELEMENTS] if self._room > 0]
        self._room -= len(shown)
        return shown if len(values) == len(shown) else [*shown, f"… ({len(values) - len(shown)} more)"]


def _shown(value: Shown | None) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value
