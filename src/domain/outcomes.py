"""What a call to the platform can come to: a few values, whatever the platform's hundred codes.

Only an answer in the platform's own envelope, an HTTP 429 or a failure to connect is definite. Everything else after a
refresh was sent is `InDoubt`: the refresh token may be spent. `request_id` is what the platform calls the call, if it told.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import cast

from domain.ids import AdvertiserId
from domain.tokens import FIRST_ORIGIN, Lifetimes, Secret, TokenOrigin

UNKNOWN_CODE = re.compile(r"tiktok_\d{1,18}")


class Reason(Enum):
    """Why a person must authorise again."""

    REFRESH_TOKEN_EXPIRED = "refresh_token_expired"
    REFRESH_TOKEN_REFUSED = "refresh_token_refused"
    AUTHORISATION_WITHDRAWN = "authorisation_withdrawn"
    ROTATION_IN_DOUBT = "rotation_in_doubt"
    ACCESS_TOKEN_REFUSED = "access_token_refused"
    RESTORED_BACKUP = "restored_backup"
    COPIED_DATABASE = "copied_database"
    KEY_LOST = "key_lost"

    @classmethod
    def _missing_(cls, word: object) -> "Reason":
        """A code that nobody knows is a reason of its own; what a newer version calls by another word is a refusal."""
        if not (isinstance(word, str) and UNKNOWN_CODE.fullmatch(word)):
            return cls.REFRESH_TOKEN_REFUSED
        made = object.__new__(cls)
        made._name_, made._value_ = word.upper(), word
        return cast("Reason", cls._value2member_map_.setdefault(word, made))

    @classmethod
    def of_code(cls, code: int) -> "Reason":
        """The reason that a code is which nobody knows."""
        return cls(f"tiktok_{code}")


@dataclass(frozen=True, slots=True)
class Issued:
    """Tokens that the platform handed out, in clear: they live only between the answer and the sealing."""

    access: Secret
    refresh: Secret | None
    lifetimes: Lifetimes
    advertisers: tuple[AdvertiserId, ...] = ()
    origin: TokenOrigin = FIRST_ORIGIN
    request_id: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform said no to this token or code, in its own envelope."""

    reason: Reason
    code: int
    request_id: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The request left, and no definite answer came: it may have been carried out."""

    detail: str
    request_id: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unread:
    """An answer that nobody can read, to a call that spends something: in doubt, and it may hold the only live pair."""

    failure: InDoubt
    answer: Secret
    """Its bytes, as Latin-1 text."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many calls for the app; nobody's connection is to blame."""

    retry_after: timedelta | None = None
    request_id: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The platform could not be reached, is in maintenance, or said something definite that we don't know."""

    detail: str
    code: int | None = None
    """The platform's code, if that is what we don't know."""
    times: int = 1
    """How often in a row it was this one."""
    request_id: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The app's id or secret, or a key, is wrong here: no connection is to blame."""

    detail: str
    request_id: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PathMissing:
    """The platform does not know this call for this app: nothing was spent, and it rests. An address is wrong here."""

    detail: str
    request_id: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class OurFault:
    """The platform calls our request malformed: a bug of ours."""

    code: int
    request_id: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """The app or the token lacks the permission for this one call (TikTok's 40001); the token itself is fine."""

    code: int
    request_id: str = field(default="", kw_only=True, compare=False, repr=False)


Unanswered = InDoubt | Throttled | Unavailable
"""The app's other calls would fare the same: all processes are told."""

Answered = Refused | Misconfigured | PathMissing | OurFault | NotPermitted
"""The platform is there and answered this one call."""

Failure = Unanswered | Answered
