"""Downloads an issuer's key set (RFC 7517), in bounded time and size."""

from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from adapters.http_client.connections import Connections
from adapters.http_client.request_sent_once import HttpAnswer, HttpRequest
from application.ports.clock import Clock

DOWNLOAD_WITHIN = timedelta(seconds=5)
"""For all of it: the name's look-up, the handshake and the last byte. Requests may be waiting for it."""

LONGEST_KEY_SET = 256 * 1024
"""Bytes. Real ones have under 20 kB; the longest seen carry certificates of a dozen keys."""


@dataclass(frozen=True, slots=True)
class KeySetDownload:
    """What stands at the issuer's address, byte by byte. No redirect is followed: it could lead to keys of somebody else."""

    url: str
    clock: Clock

    def __call__(self) -> bytes:
        """The document as it came. Raises OSError, which says what was wrong and repeats nothing of the answer."""
        request = HttpRequest("GET", self.url, {}, longest_answer=LONGEST_KEY_SET)
        with closing(Connections(self.clock)) as connections, connections.lend() as connection:
            answer = connection.send(request, within=DOWNLOAD_WITHIN)
        if not isinstance(answer, HttpAnswer):
            raise OSError(answer.detail)
        if answer.status != HTTPStatus.OK:
            raise OSError(f"status {answer.status}")
        return answer.body
