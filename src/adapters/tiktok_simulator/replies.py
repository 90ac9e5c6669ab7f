"""What the simulated TikTok says to a call."""

from typing import Final, TypedDict

OK: Final = 0
PERMISSION_ERROR: Final = 40001
PARAMETER_ERROR: Final = 40002
TOO_FREQUENT: Final = 40100
INVALID_PARTNER: Final = 40101
ACCESS_TOKEN_EXPIRE: Final = 40102
REFRESH_TOKEN_EXPIRE: Final = 40103
EMPTY_ACCESS_TOKEN: Final = 40104
INVALID_ACCESS_TOKEN: Final = 40105
INVALID_REFRESH_TOKEN: Final = 40107
AUTH_CODE_ERROR: Final = 40110
MAINTENANCE: Final = 60001

_MESSAGES: Final = {
    OK: "OK",
    PERMISSION_ERROR: "No permission to operate the advertiser, or the app lacks the scope.",
    PARAMETER_ERROR: "Invalid parameter.",
    TOO_FREQUENT: "Too many requests. Please retry later.",
    INVALID_PARTNER: "The app_id and the secret do not match.",
    ACCESS_TOKEN_EXPIRE: "Access token expired.",
    REFRESH_TOKEN_EXPIRE: "Refresh token expired.",
    EMPTY_ACCESS_TOKEN: "Access token is empty.",
    INVALID_ACCESS_TOKEN: "Access token is incorrect or has been revoked.",
    INVALID_REFRESH_TOKEN: "Refresh token is invalid.",
    AUTH_CODE_ERROR: "Auth code is invalid, used or expired.",
    MAINTENANCE: "The system is under maintenance.",
}


class Reply(TypedDict):
    """What TikTok says to a call, before the envelope adds its request_id. `code` 0 is success; `data` is empty on failure."""

    code: int
    message: str
    data: dict[str, object]


def success(data: dict[str, object]) -> Reply:
    """The call was done."""
    return {"code": OK, "message": _MESSAGES[OK], "data": data}


def failure(code: int, message: str | None = None) -> Reply:
    """The call was refused. Codes are TikTok's (the return codes of its official SDK); the messages are ours."""
    return {"code": code, "message": message or _MESSAGES[code], "data": {}}
