"""Which failures each endpoint answers with, for its description; INTERNAL goes without saying."""

from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http.api.openapi import failures, reconnects, redirects

BEGIN = redirects(
    codes.INVALID_REQUEST,
    codes.UNAUTHORIZED,
    codes.FORBIDDEN,
    codes.CONNECTION_NOT_FOUND,
    codes.RATE_LIMITED,
    codes.ON_HOLD,
    codes.PAUSED,
    codes.UNAVAILABLE,
    nothing="A prefetch starts nothing.",
)
CALLBACK = redirects(
    codes.INVALID_REQUEST, codes.UNAUTHORIZED, codes.RATE_LIMITED, codes.BUDGET_SPENT, codes.ON_HOLD, codes.PAUSED
)
PENDING = failures(codes.INVALID_REQUEST, codes.UNAUTHORIZED, codes.PENDING_NOT_FOUND, codes.PENDING_EXPIRED, codes.UNAVAILABLE)
SELECT = failures(
    codes.INVALID_REQUEST,
    codes.ACCOUNT_NOT_ON_OFFER,
    codes.UNAUTHORIZED,
    codes.ORIGIN_REFUSED,
    codes.PENDING_NOT_FOUND,
    codes.PENDING_USED,
    codes.PENDING_EXPIRED,
    codes.PAYLOAD_TOO_LARGE,
    codes.RATE_LIMITED,
    codes.UNAVAILABLE,
)
REFRESH = failures(
    codes.INVALID_REQUEST,
    codes.UNAUTHORIZED,
    *codes.RECONNECT,
    codes.ORIGIN_REFUSED,
    codes.CONNECTION_NOT_FOUND,
    codes.PAYLOAD_TOO_LARGE,
    codes.RATE_LIMITED,
    *codes.TIKTOK,
    codes.UNAVAILABLE,
)
LIST = failures(codes.UNAUTHORIZED, codes.UNAVAILABLE)
DISCONNECT = failures(
    codes.INVALID_REQUEST, codes.UNAUTHORIZED, codes.ORIGIN_REFUSED, codes.CONNECTION_NOT_FOUND, codes.UNAVAILABLE
)
VEND = failures(
    codes.INVALID_REQUEST,
    codes.UNAUTHORIZED,
    codes.FORBIDDEN,
    codes.NOT_FOUND,
    codes.CONNECTION_NOT_FOUND,
    codes.PAYLOAD_TOO_LARGE,
    codes.RATE_LIMITED,
    *codes.TIKTOK,
    codes.UNAVAILABLE,
) | reconnects(*codes.RECONNECT, codes.ACCOUNT_LOST)
SPEND = failures(codes.INVALID_REQUEST, codes.UNAUTHORIZED, codes.CONNECTION_NOT_FOUND, codes.UNAVAILABLE)
INTERNAL_SPEND = failures(
    codes.INVALID_REQUEST,
    codes.UNAUTHORIZED,
    codes.FORBIDDEN,
    codes.NOT_FOUND,
    codes.CONNECTION_NOT_FOUND,
    codes.UNAVAILABLE,
)
ERASE = failures(codes.INVALID_REQUEST, codes.UNAUTHORIZED, codes.FORBIDDEN, codes.NOT_FOUND, codes.UNAVAILABLE)
CRON = failures(codes.UNAUTHORIZED, codes.NOT_FOUND, codes.UNAVAILABLE)
METRICS = failures(codes.UNAUTHORIZED, codes.NOT_FOUND)
