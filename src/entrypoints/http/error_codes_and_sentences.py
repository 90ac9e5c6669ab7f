"""Every code that this service answers or redirects with, its usual status, and the one sentence that a person is shown."""

from dataclasses import dataclass, replace
from datetime import timedelta

USUAL_RETRY_AFTER = timedelta(seconds=5)
"""When to come again where nobody knows better: about how long a database takes to return."""


@dataclass(frozen=True, slots=True)
class Code:
    """A failure as callers know it. The sentence is a constant without `%`: it says what happened and what to do."""

    status: int
    name: str
    sentence: str


INVALID_REQUEST = Code(400, "INVALID_REQUEST", "The request is not valid. Correct it, or reload the page, and try again.")
ACCOUNT_NOT_ON_OFFER = Code(
    400, "ACCOUNT_NOT_ON_OFFER", "This account can't be chosen here. Choose one of the accounts that are shown."
)
UNAUTHORIZED = Code(
    401,
    "UNAUTHORIZED",
    "You are not signed in, or the credentials were not accepted. Sign in, or correct them, and try again.",
)
REFRESH_TOKEN_EXPIRED = Code(
    401, "TIKTOK_REFRESH_TOKEN_EXPIRED", "TikTok no longer renews this permission. Reconnect your TikTok Ads account."
)
ROTATION_IN_DOUBT = Code(
    401,
    "TIKTOK_ROTATION_IN_DOUBT",
    "A renewal got no answer from TikTok, which has since refused the token. Reconnect your TikTok Ads account.",
)
ACCESS_TOKEN_EXPIRED = Code(
    401, "TIKTOK_ACCESS_TOKEN_EXPIRED", "TikTok no longer accepts this permission. Reconnect your TikTok Ads account."
)
ACCOUNT_LOST = Code(
    409,
    "TIKTOK_ACCOUNT_LOST",
    "Your TikTok login no longer reaches this account. Have its access restored at TikTok, then reconnect.",
)
ORIGIN_REFUSED = Code(
    403, "ORIGIN_REFUSED", "This request did not come from the dashboard. Open the dashboard and try again there."
)
FORBIDDEN = Code(403, "FORBIDDEN", "This is not allowed here. Sign in again, or ask an operator for what is missing.")
NOT_FOUND = Code(404, "NOT_FOUND", "There is nothing at this address. Check it and try again.")
PENDING_NOT_FOUND = Code(404, "PENDING_NOT_FOUND", "This choice of accounts is not known here. Connect TikTok Ads again.")
CONNECTION_NOT_FOUND = Code(
    404, "CONNECTION_NOT_FOUND", "There is no such connection. Reload the page to see those that there are."
)
METHOD_NOT_ALLOWED = Code(
    405, "METHOD_NOT_ALLOWED", "This address can't be used that way. Use one of the methods that it allows."
)
PENDING_USED = Code(409, "PENDING_USED", "Accounts were chosen here before. Connect TikTok Ads again to choose others.")
PENDING_EXPIRED = Code(410, "PENDING_EXPIRED", "The time for choosing is over. Connect TikTok Ads again.")
PAYLOAD_TOO_LARGE = Code(413, "PAYLOAD_TOO_LARGE", "This request is too large. Choose fewer accounts at a time.")
RATE_LIMITED = Code(429, "RATE_LIMITED", "These are too many requests. Wait a moment and try again.")
THROTTLED = Code(429, "TIKTOK_THROTTLED", "TikTok takes no more requests for now. Nothing is lost; try again in a few minutes.")
BUDGET_SPENT = Code(
    429, "BUDGET_SPENT", "Many are using TikTok through this service right now. Nothing is lost; try again in a moment."
)
INTERNAL = Code(500, "INTERNAL", "Something went wrong here. Try again, and tell support if it happens again.")
API_ERROR = Code(502, "TIKTOK_API_ERROR", "TikTok answered with an error. Try again later, and tell support if it happens again.")
TIKTOK_UNAVAILABLE = Code(
    503, "TIKTOK_UNAVAILABLE", "TikTok gives no clear answer at the moment. Nothing is lost; try again in a moment."
)
MISCONFIGURED = Code(
    503,
    "TIKTOK_MISCONFIGURED",
    "TikTok can't be used with this service's settings. An operator has to correct them; nothing is lost.",
)
ON_HOLD = Code(
    503,
    "ON_HOLD",
    "Nothing is sent to TikTok until an operator has checked this service's database. Nothing is lost; try again later.",
)
PAUSED = Code(
    503,
    "PAUSED",
    "An operator has paused everything that needs TikTok. Nothing is lost; try again later.",
)
UNAVAILABLE = Code(503, "UNAVAILABLE", "The service is away for a moment. Nothing is lost; try again shortly.")
AUTH_DENIED = Code(
    403, "TIKTOK_AUTH_DENIED", "TikTok was not allowed to share your accounts. Connect again and approve the access."
)
INVALID_STATE = Code(
    400, "TIKTOK_INVALID_STATE", "This attempt to connect is too old, or was begun in another browser. Connect TikTok Ads again."
)
EXCHANGE_FAILED = Code(502, "TIKTOK_TOKEN_EXCHANGE_FAILED", "TikTok did not complete the connection. Connect TikTok Ads again.")
NO_ADVERTISERS = Code(
    409,
    "TIKTOK_NO_ADVERTISERS",
    "No active ad account was shared. Connect again and approve at least one account, or use another TikTok login.",
)
ACCOUNT_MISMATCH = Code(
    409,
    "TIKTOK_ACCOUNT_MISMATCH",
    "This TikTok login does not reach the account that was to be reconnected. Connect again with the login that does.",
)

RECONNECT = (REFRESH_TOKEN_EXPIRED, ROTATION_IN_DOUBT, ACCESS_TOKEN_EXPIRED)
"""A person must authorise again."""
TIKTOK = (THROTTLED, BUDGET_SPENT, API_ERROR, TIKTOK_UNAVAILABLE, MISCONFIGURED, ON_HOLD, PAUSED)
"""What a call to TikTok may come to besides."""
ALL = tuple(value for value in tuple(globals().values()) if isinstance(value, Code))
SENTENCES = {code.name: code.sentence for code in ALL}
"""The sentence for each code: pages show these, never the text of a URL."""


def for_services(code: Code) -> Code:
    """The same code for a service that asks for a token which only a person can bring back: a conflict, since 401 would speak of
    the service's own credentials.
    """
    return replace(code, status=409)
