"""From an exception's type to its error code: one table for every error that can reach this door."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus

from application.rotation.claim_results import Ended
from application.rotation.sweep_in_batches import Swept
from domain import errors
from domain.consent import ConsentFailure
from domain.outcomes import Reason
from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http.auth.jwt_claims import Unauthenticated
from entrypoints.http.error_codes_and_sentences import Code


class DoorRefusal(Exception):
    """Root of what the door itself refuses."""


class OriginRefused(DoorRefusal):
    """A write with a cookie from a page that isn't ours."""


class ScopeMissing(DoorRefusal):
    """A service that may not do this."""


class BodyCutShort(DoorRefusal):
    """The client left before the body's end, so nobody reads what is answered."""


class NotServed(DoorRefusal):
    """Nothing is here under these settings."""


class ReconnectFirst(DoorRefusal):
    """A service wants a token that only a person can bring back; `why` says so, and `url` is where that begins."""

    def __init__(self, why: errors.ReauthorisationNeeded | errors.AccountOutOfReach, url: str) -> None:
        super().__init__(str(why))
        self.why, self.url = why, url


REAUTHORISATION: Mapping[Reason, Code] = {
    Reason.REFRESH_TOKEN_EXPIRED: codes.REFRESH_TOKEN_EXPIRED,
    Reason.REFRESH_TOKEN_REFUSED: codes.REFRESH_TOKEN_EXPIRED,
    Reason.AUTHORISATION_WITHDRAWN: codes.REFRESH_TOKEN_EXPIRED,
    Reason.ROTATION_IN_DOUBT: codes.ROTATION_IN_DOUBT,
    Reason.ACCESS_TOKEN_REFUSED: codes.ACCESS_TOKEN_EXPIRED,
    Reason.RESTORED_BACKUP: codes.REFRESH_TOKEN_EXPIRED,
    Reason.COPIED_DATABASE: codes.REFRESH_TOKEN_EXPIRED,
    Reason.KEY_LOST: codes.REFRESH_TOKEN_EXPIRED,
}
"""What a person is told who must authorise again; for a code that nobody knows, as for a refusal."""

CONSENT_FAILURE_CODES: Mapping[ConsentFailure, Code] = {
    ConsentFailure.DENIED: codes.AUTH_DENIED,
    ConsentFailure.INVALID_STATE: codes.INVALID_STATE,
    ConsentFailure.EXCHANGE_FAILED: codes.EXCHANGE_FAILED,
    ConsentFailure.NO_ADVERTISERS: codes.NO_ADVERTISERS,
    ConsentFailure.ACCOUNT_MISMATCH: codes.ACCOUNT_MISMATCH,
    ConsentFailure.THROTTLED: codes.THROTTLED,
    ConsentFailure.UNAVAILABLE: codes.TIKTOK_UNAVAILABLE,
    ConsentFailure.MISCONFIGURED: codes.MISCONFIGURED,
}
"""What a person is told whose consent led to no connection."""

ERRORS: Mapping[type[Exception], Code] = {
    errors.UnsafePolicy: codes.INTERNAL,
    errors.AlreadyRotated: codes.INTERNAL,
    errors.Erased: codes.CONNECTION_NOT_FOUND,
    errors.InvalidRequest: codes.INVALID_REQUEST,
    errors.ConnectionNotFound: codes.CONNECTION_NOT_FOUND,
    errors.UnknownUser: codes.FORBIDDEN,
    errors.UserBeyondLimits: codes.NOT_FOUND,
    errors.UserWasErased: codes.UNAUTHORIZED,
    errors.OfferNotFound: codes.PENDING_NOT_FOUND,
    errors.OfferExpired: codes.PENDING_EXPIRED,
    errors.OfferUsed: codes.PENDING_USED,
    errors.AccountNotOnOffer: codes.ACCOUNT_NOT_ON_OFFER,
    errors.ReauthorisationNeeded: codes.REFRESH_TOKEN_EXPIRED,
    errors.AccountOutOfReach: codes.ACCOUNT_LOST,
    errors.PlatformThrottled: codes.THROTTLED,
    errors.BudgetSpent: codes.BUDGET_SPENT,
    errors.RateLimited: codes.RATE_LIMITED,
    errors.PlatformUnavailable: codes.TIKTOK_UNAVAILABLE,
    errors.PlatformMisconfigured: codes.MISCONFIGURED,
    errors.OnHold: codes.ON_HOLD,
    errors.CallsPaused: codes.PAUSED,
    errors.PlatformError: codes.API_ERROR,
    errors.StoreUnavailable: codes.UNAVAILABLE,
    errors.Unstorable: codes.UNAVAILABLE,
    errors.ClockSkewed: codes.UNAVAILABLE,
    errors.Conflict: codes.UNAVAILABLE,
    errors.CannotOpen: codes.MISCONFIGURED,
    errors.KeyAbsent: codes.MISCONFIGURED,
    errors.Misplaced: codes.MISCONFIGURED,
    Unauthenticated: codes.UNAUTHORIZED,
    OriginRefused: codes.ORIGIN_REFUSED,
    ScopeMissing: codes.FORBIDDEN,
    NotServed: codes.NOT_FOUND,
    BodyCutShort: codes.INVALID_REQUEST,
    ReconnectFirst: codes.REFRESH_TOKEN_EXPIRED,
}
"""Every error that can reach this door; `code_of` looks further into those that carry a reason."""

ENDING_CODES: Mapping[Ended, Code] = {
    Ended.REFUSED: codes.REFRESH_TOKEN_EXPIRED,
    Ended.IN_DOUBT: codes.TIKTOK_UNAVAILABLE,
    Ended.THROTTLED: codes.THROTTLED,
    Ended.UNAVAILABLE: codes.TIKTOK_UNAVAILABLE,
    Ended.MISCONFIGURED: codes.MISCONFIGURED,
    Ended.OUR_FAULT: codes.API_ERROR,
}
"""What is said of a grant that a sweep did not rotate; of one that was released unsent there is nothing to say."""

FRAMEWORK: Mapping[int, Code] = {
    404: codes.NOT_FOUND,
    405: codes.METHOD_NOT_ALLOWED,
    413: codes.PAYLOAD_TOO_LARGE,
}
"""What Litestar refuses by itself; its other refusals below 500 are malformed requests."""


def code_of(error: Exception) -> Code:
    """What to call an error; INTERNAL for one that nobody foresaw."""
    if isinstance(error, ReconnectFirst):
        return codes.for_services(code_of(error.why))
    if isinstance(error, errors.ReauthorisationNeeded):
        return REAUTHORISATION.get(error.reason, codes.REFRESH_TOKEN_EXPIRED)
    return next((ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS), codes.INTERNAL)


def code_of_ending(swept: Swept) -> Code | None:
    """What is said of a grant after a sweep; None for one that was rotated, or released unsent."""
    if swept.ended is Ended.REFUSED and swept.reason:
        return REAUTHORISATION.get(swept.reason, codes.REFRESH_TOKEN_EXPIRED)
    return ENDING_CODES.get(swept.ended)


def wait_of(error: Exception) -> timedelta | None:
    """When to come again, where waiting helps."""
    if isinstance(error, errors.TryLater):
        return error.retry_after
    return codes.USUAL_RETRY_AFTER if code_of(error).status == HTTPStatus.SERVICE_UNAVAILABLE else None
