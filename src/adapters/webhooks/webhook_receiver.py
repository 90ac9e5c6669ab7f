"""The receiver of webhooks at an HTTPS address."""

import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from adapters.http_client.connections import Connections
from adapters.http_client.public_addresses import is_public
from adapters.http_client.request_sent_once import HttpAnswer, HttpRequest, NotSent
from adapters.http_client.resolver import LookUp, Resolver, ask_the_system
from adapters.webhooks.signature import signature_header
from application.ports.clock import Clock
from application.ports.webhook_receiver import SENT_WITHIN, Later, NotTaken, Taken
from domain.tokens import Secret

LONGEST_ANSWER = 1024 * 1024
"""Bytes. Of the answer the status alone counts; a longer one is no receiver of webhooks."""

LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
"""Refusals that pass by themselves."""

PRIVATE = "its name leads to a private address"


class HttpWebhookReceiver:
    """Posts JSON. The name is resolved here and the connection goes to the very address that was looked at."""

    def __init__(
        self,
        url: Secret,
        secrets: Sequence[Secret],
        clock: Clock,
        *,
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
        look_up: LookUp = ask_the_system,
    ) -> None:
        self._url, self._secrets, self._clock = url, secrets, clock
        may_connect = None if allow_private else is_public
        self._resolver = Resolver(clock, look_up, may_connect)
        self._connections = Connections(clock, tls, look_up, may_connect)

    @property
    def configured(self) -> bool:
        return True

    def send(self, message: str, body: str, *, attempt: int) -> Taken | Later | NotTaken:
        now = self._clock.now()
        timestamp = int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature_header(self._secrets, message, timestamp, body),
            "webhook-attempt": str(attempt),
        }
        url = self._url.reveal()
        request = HttpRequest("POST", url, headers, body=body.encode(), longest_answer=LONGEST_ANSWER)
        with self._connections.lend() as connection:
            answer = connection.send(request, within=SENT_WITHIN)
        if isinstance(answer, HttpAnswer):
            return judged(answer, now)
        if isinstance(answer, NotSent) and answer.detail == "ForbiddenAddress":
            return NotTaken(PRIVATE)
        return Later(answer.detail)

    def check(self) -> None:
        parts = urlsplit(self._url.reveal())
        try:
            self._resolver.addresses(parts.hostname or "", within=SENT_WITHIN.total_seconds())
        except PermissionError:
            raise OSError(f"{PRIVATE}, which WEBHOOK_ALLOW_PRIVATE=true allows") from None
        except (TimeoutError, socket.gaierror):
            raise OSError("its name is not found") from None

    def close(self) -> None:
        """Close the connections that are idle."""
        self._connections.close()


def judged(answer: HttpAnswer, now: datetime) -> Taken | Later | NotTaken:
    """By the status alone: 2xx is taken, as the specification has it; a redirect is not, for it could lead anywhere."""
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Taken()
    because = f"status {answer.status}"
    if answer.status in LATER or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Later(because, pause=pause_of(answer.retry_after, now))
    return NotTaken(because)


def pause_of(retry_after: str | None, now: datetime) -> timedelta | None:
    """What Retry-After asks for, in seconds or as a date (RFC 9110, section 10.2.3); None where it says nothing legible."""
    if not retry_after:
        return None
    try:
        if retry_after.isascii() and retry_after.isdigit():
            return timedelta(seconds=int(retry_after))
        return max(parsedate_to_datetime(retry_after).astimezone(UTC) - now, timedelta(0))
    except (ValueError, OverflowError):
        return None
