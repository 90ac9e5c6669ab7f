"""Answers made without the framework: where it has seen nothing of the request, or takes too long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import msgspec

from entrypoints.http.error_codes_and_sentences import Code
from entrypoints.http.problems import problem

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><h1>{title}</h1><p>{text}</p></html>
"""
"""For browsers. It needs nothing else of a server that has just refused them."""

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class BareAnswer:
    """A whole answer."""

    status: int
    headers: RawHeaders
    body: bytes

    def as_bytes(self) -> bytes:
        """As it travels over HTTP/1.1; the connection ends with it."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}".encode()]
        lines += [name + b": " + value for name, value in (*self.headers, (b"connection", b"close"))]
        return b"\r\n".join([*lines, b"", self.body])


def bare_answer(code: Code, *, status: int | None = None, wait: timedelta | None = None, as_page: bool = False) -> BareAnswer:
    """A failure, as a short page or as problem details."""
    status = status or code.status
    details = problem(code, status=status, wait=wait)
    kind, body = b"application/problem+json", msgspec.json.encode(details.content)
    if as_page:
        kind, body = b"text/html; charset=utf-8", PAGE.format(title=HTTPStatus(status).phrase, text=code.sentence).encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    headers += [(name.lower().encode(), value.encode()) for name, value in details.headers.items()]
    return BareAnswer(status, headers, body)


def wants_a_page(path: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a page serves better: outside the API, for whoever takes HTML."""
    api = path == b"/api" or path.startswith(b"/api/")
    return not api and any(name == b"accept" and b"text/html" in value for name, value in headers)
