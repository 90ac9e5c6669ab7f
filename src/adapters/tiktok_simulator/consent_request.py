"""What an app asks for on the consent page, and when it is refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from .token_state_machine import Machine

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
APPROVE: Final = "approve"
APPROVE_NONE: Final = "approve-none"
DENY: Final = "deny"


class ConsentRefused(ValueError):
    """The request is shown to the person as a mistake: it must not be answered by a redirect (RFC 6749, 4.1.2.1)."""


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What an app asks for in the address of the consent page."""

    app_id: str
    redirect_uri: str
    state: str | None

    def check(self, machine: Machine, redirect_uris: Sequence[str]) -> None:
        """Raises ConsentRefused unless the app is known and the redirect URI is registered: exactly one of `redirect_uris`;
        when that list is empty, any https or loopback address.
        """
        if self.app_id not in machine.apps:
            raise ConsentRefused(f"There is no app with the app_id {self.app_id!r}.")
        if redirect_uris:
            if self.redirect_uri not in redirect_uris:
                raise ConsentRefused("The redirect_uri is not registered for this app.")
            return
        try:
            parts = urlsplit(self.redirect_uri)
            allowed = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        except ValueError:
            allowed = False
        if not allowed:
            raise ConsentRefused("The redirect_uri must be https, or http on a loopback address.")

    def redirect(self, **answer: str) -> str:
        """The redirect URI with the answer and the app's own state."""
        parts = urlsplit(self.redirect_uri)
        query = urlencode(answer | ({} if self.state is None else {"state": self.state}))
        return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))


def decide(machine: Machine, request: ConsentRequest, *, user: str, advertiser_ids: Iterable[str], decision: str) -> str:
    """Where the person is sent after `decision`: approve, approve-none (whatever was ticked) or deny.

    How a denial looks is not documented by TikTok; this is OAuth's way (RFC 6749, 4.1.2.1). Raises ConsentRefused on any other
    decision, UnknownUser and UnknownAdvertiser.
    """
    if decision == DENY:
        return request.redirect(error="access_denied", error_description="The user denied the request")
    if decision not in {APPROVE, APPROVE_NONE}:
        raise ConsentRefused(f"The decision must be {APPROVE}, {APPROVE_NONE} or {DENY}.")
    code = machine.grant_code(user, advertiser_ids if decision == APPROVE else (), app_id=request.app_id)
    return request.redirect(auth_code=code, code=code)
