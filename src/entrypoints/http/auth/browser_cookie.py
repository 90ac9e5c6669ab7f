"""By what a browser is known between "connect" and the callback: one random cookie that all its tabs share."""

import re
from dataclasses import dataclass
from datetime import timedelta

from litestar.datastructures import Cookie

from entrypoints.http.auth.request_headers import RequestHeaders

BROWSER_COOKIE_LIFE = timedelta(hours=1)
NONCE = re.compile(r"[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True, slots=True)
class BrowserCookie:
    """The cookie, bound to the host by its prefix (RFC 6265bis) wherever there is https."""

    https: bool

    @property
    def name(self) -> str:
        return "__Host-tiktok-connect" if self.https else "tiktok-connect"

    def read(self, headers: RequestHeaders) -> str | None:
        """The browser's name, if it has one that could be ours."""
        values = {value for name, value in headers.cookies() if name == self.name}
        value = values.pop() if len(values) == 1 else ""
        return value if NONCE.fullmatch(value) else None

    def of(self, value: str) -> Cookie:
        """To be set at each beginning, so that it outlives the consent."""
        return Cookie(
            key=self.name,
            value=value,
            max_age=int(BROWSER_COOKIE_LIFE.total_seconds()),
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.https,
        )
