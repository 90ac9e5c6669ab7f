"""What the simulated TikTok says to a call."""

from typing import Final, NotRequired, TypedDict

OK: Final = 0
PERMISSION_ERROR: Final = 40001
PARAMETER_ERROR: Final = 40002
QUERY_TOO_LARGE: Final = 40067
TOO_FREQUENT: Final = 40100
INVALID_PARTNER: Final = 40101
ACCESS_TOKEN_EXPIRE: Final = 40102
REFRESH_TOKEN_EXPIRE: Final = 40103
EMPTY_ACCESS_TOKEN: Final = 40104
INVALID_ACCESS_TOKEN: Final = 40105
INVALID_REFRESH_TOKEN: Final = 40107
AUTH_CODE_ERROR: Final = 40110
PATH_NOT_FOUND: Final = 40400
METHOD_NOT_ALLOWED: Final = 40405
MAINTENANCE: Final = 60001

_MESSAGES: Final = {
    OK: "OK",
    PERMISSION_ERROR: "No permission to operate the advertiser, or the app lacks the scope.",
    PARAMETER_ERROR: "Invalid parameter.",
    QUERY_TOO_LARGE: "The query is too large.",
    TOO_FREQUENT: "Too many requests. Please retry later.",
    INVALID_PARTNER: "The app_id and the secret do not match.",
    ACCESS_TOKEN_EXPIRE: "Access token expired.",
    REFRESH_TOKEN_EXPIRE: "Refresh token expired.",
    EMPTY_ACCESS_TOKEN: "Access token is empty.",
    INVALID_ACCESS_TOKEN: "Access token is incorrect or has been revoked.",
    INVALID_REFRESH_TOKEN: "Refresh token is invalid.",
    AUTH_CODE_ERROR: "Auth code is invalid, used or expired.",
    PATH_NOT_FOUND: "Path not found.",
    METHOD_NOT_ALLOWED: "Method not allowed.",
    MAINTENANCE: "The system is under maintenance.",
}
"""Only some are TikTok's own words, as docs/simulator.md says; clients must not compare messages."""


class Reply(TypedDict):
    """What TikTok says to a call, before the envelope adds its request_id. `code` 0 is success; `data` is empty on failure."""

    code: int
    message: str
    data: dict[str, object]
    headers: NotRequired[dict[str, str]]
    csv: NotRequired[str]
    """A file instead of the envelope."""


def success(data: dict[str, object], *, headers: dict[str, str] | None = None) -> Reply:
    """The call was done."""
    reply: Reply = {"code": OK, "message": _MESSAGES[OK], "data": data}
    if headers:
        reply["headers"] = headers
    return reply


def failure(code: int, message: str | None = None) -> Reply:
    """The call was refused. Codes are TikTok's (the return codes of its official SDK)."""
    return {"code": code, "message": message or _MESSAGES[code], "data": {}}


def refused_account(advertiser_id: str) -> Reply:
    """The account is out of the token's reach."""
    return failure(PERMISSION_ERROR, f"No permission to operate advertiser {advertiser_id}.")


class RefusedCall(Exception):
    """A call gets no further: this is TikTok's answer. Raised while a call is read, and answered in one place."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply["message"])
        self.reply = reply


def wrong_parameter(message: str) -> RefusedCall:
    """A parameter is missing or malformed."""
    return RefusedCall(failure(PARAMETER_ERROR, message))
