"""Secrets that are looked for everywhere, in every form in which a program may leave them behind."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

SHORTEST = 12
"""Characters of a text that is looked for; shorter ones are found by chance."""

TEXT = re.compile(rb"[\t\x20-\x7e]{%d,}" % SHORTEST)
COMPRESSED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
GZIP_OR_ZLIB = 47
"""For zlib: whichever the header says."""
LARGEST_PACKED, LARGEST_UNPACKED = 1 << 22, 1 << 24


@dataclass(frozen=True)
class Found:
    """A secret, named and never shown, where it should not be."""

    place: str
    secret: str
    form: str


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """The secret as it is, and as encoders, printers and cutters leave it."""
    raw = secret.encode()
    yield "plain", raw
    yield "reversed", raw[::-1]
    yield "URL-encoded", quote(secret, safe="").encode()
    yield "URL-encoded in lower case", re.sub(r"%..", lambda code: code[0].lower(), quote(secret, safe="")).encode()
    yield "hex", raw.hex().encode()
    yield "hex in upper case", raw.hex().upper().encode()
    yield "repr", repr(secret)[1:-1].encode()
    yield "JSON", json.dumps(secret)[1:-1].encode()
    yield "JSON in JSON", json.dumps(json.dumps(secret))[3:-3].encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)[(0, 2, 3)[shift] : -4]  # the ends depend on what stands beside it
        yield "base64", encoded
        yield "base64 for URLs", encoded.translate(bytes.maketrans(b"+/", b"-_"))
    middle = len(raw) // 2
    if middle >= SHORTEST:
        yield "its first half", raw[:middle]
        yield "its second half", raw[middle:]


@dataclass
class Canaries:
    """The secrets, each under a name that may be told."""

    secrets: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, secret: str) -> str:
        """From now on it is looked for; the secret itself."""
        if len(secret) < SHORTEST:
            raise ValueError(f"{name} is too short to be looked for")
        if secret not in self.secrets.values():
            self.secrets[f"{name} {len(self.secrets)}"] = secret
        return secret

    def found_in(self, places: Mapping[str, bytes]) -> list[Found]:
        """Every secret in every form, in texts, binary files, and what is compressed in them."""
        needles = {needle: (name, form) for name, secret in self.secrets.items() for form, needle in forms(secret)}
        return [
            Found(place, *named)
            for place, content in places.items()
            for text in [texts_in(content)]
            for needle, named in needles.items()
            if needle in text
        ]


def texts_in(content: bytes) -> bytes:
    """Everything readable in it, also what is compressed; a line each."""
    view = memoryview(content)  # a copy for each place that looks compressed would take minutes
    pieces = (view[at.start() : at.start() + LARGEST_PACKED] for at in COMPRESSED.finditer(content))
    unpacked = [one for piece in pieces if len(one := unpack(piece)) >= SHORTEST]
    return b"\n".join(text for piece in (content, *unpacked) for text in TEXT.findall(piece))


def unpack(content: memoryview) -> bytes:
    """What this begins with, as far as it can be unpacked; empty when it is not compressed."""
    try:
        return zlib.decompressobj(GZIP_OR_ZLIB).decompress(content, LARGEST_UNPACKED)
    except zlib.error:
        return b""
