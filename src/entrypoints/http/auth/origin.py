"""Whether a write comes from a page of ours."""

from collections.abc import Set as AbstractSet

from entrypoints.http.auth.request_headers import RequestHeaders
from entrypoints.http.auth.sessions import Via


def write_allowed(headers: RequestHeaders, via: Via, allowed_origins: AbstractSet[str]) -> bool:
    """Whether a write may proceed: with a cookie only from a page of ours (the contract's "Sessions"), never by comparing Host.

    `allowed_origins` are spelt as browsers spell them: settings.web.write_origins.
    """
    if via == "bearer":
        return True
    origins = headers.all("origin")
    if origins:
        return len(origins) == 1 and origins[0] in allowed_origins
    return headers.all("sec-fetch-site") == ("same-origin",)
