"""Tokens as the rules see them: how long they live, never what they say."""

import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import NoReturn

ASSUMED_ACCESS_LIFE = timedelta(hours=24)
"""The access token's life where the platform names none beside a refresh token (the product's brief: 86 400 s)."""

ASSUMED_REFRESH_LIFE = timedelta(days=365)
"""The refresh token's life where the exchange names none (the product's brief: 31 536 000 s)."""

LONGEST_ACCESS_LIFE, LONGEST_REFRESH_LIFE = timedelta(days=7), timedelta(days=400)
"""What is named beyond these is no span, but a point in time, or milliseconds: a grant that believed it would sleep for years."""

FIRST_VERSION = "1.3"
"""The version of the platform's authentication under which every grant was obtained before there was a choice."""


class Secret:
    """Text that cannot be printed, logged or pickled by accident; `reveal()` is a verb one can search for."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret does not leave its process")


class TokenKind(Enum):
    """Which token a ciphertext holds; part of what it is bound to, so that one can't be passed off as the other."""

    ACCESS = "access"
    REFRESH = "refresh"
    ANSWER = "answer"
    """No token, but a whole answer that may hold some."""


SEAL_FORMATS = (1, 2)
"""Versions of a sealed text whose head can be read: version and length of the key's id, a byte each, then the id in the clear."""


SEALING_KEY_ID = re.compile(rb"[A-Za-z0-9._-]+")
"""What a key's id is made of (`adapters.crypto.key_ring`); anything else in its place was put there or damaged."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A token encrypted for its place and kind; opening it is an explicit act of the few that speak for a grant."""

    ciphertext: bytes = field(repr=False)

    @property
    def format(self) -> int | None:
        """Which format it says that it is in (`domain.seal_place`); None where it says nothing that can be read."""
        head = self.ciphertext[:2]
        return head[0] if len(head) == 2 and head[0] in SEAL_FORMATS else None  # noqa: PLR2004 (version and length, a byte each)

    @property
    def key_id(self) -> str | None:
        """By which key it says that it was sealed; None where it says nothing that can be read."""
        if self.format is None:
            return None
        key_id = self.ciphertext[2 : 2 + self.ciphertext[1]]
        return key_id.decode() if SEALING_KEY_ID.fullmatch(key_id) else None


class TokenTerm(Enum):
    """Which of the platform's two kinds of tokens is asked for at a consent; what comes is accepted either way."""

    AS_ISSUED = "as-issued"
    """Nothing is asked for."""
    SHORT = "short"
    LONG = "long"

    @classmethod
    def _missing_(cls, _word: object) -> "TokenTerm":
        """What a newer version calls by another word."""
        return cls.AS_ISSUED


@dataclass(frozen=True, slots=True)
class TokenOrigin:
    """Under which version of the platform's authentication tokens were obtained, and so where they are refreshed, and what was
    asked for. Never a host: that may change.
    """

    version: str = FIRST_VERSION
    term: TokenTerm = TokenTerm.AS_ISSUED


FIRST_ORIGIN = TokenOrigin()
"""What holds for every grant from before there was a choice."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """What a token answer said about time; None where it said nothing."""

    access: timedelta | None = None
    refresh: timedelta | None = None

    @property
    def plausible(self) -> "Lifetimes":
        """Only what can be meant of it."""
        return Lifetimes(_plausible(self.access, LONGEST_ACCESS_LIFE), _plausible(self.refresh, LONGEST_REFRESH_LIFE))


def _plausible(life: timedelta | None, longest: timedelta) -> timedelta | None:
    return life if life is not None and timedelta(0) < life <= longest else None


@dataclass(frozen=True, slots=True)
class Expiring:
    """The pair of the rotating model: a short access token and a refresh token that is spent by its use."""

    access: Sealed
    refresh: Sealed
    issued_at: datetime
    access_expires_at: datetime
    refresh_expires_at: datetime
    assumed: bool = False
    """Whether a lifetime was missing from the answer, or not plausible, and had to be assumed."""

    @property
    def key_id(self) -> str | None:
        """Which key sealed the pair, by its refresh token: the one that keeps it alive."""
        return self.refresh.key_id

    @property
    def life(self) -> timedelta:
        """The access token's whole life."""
        return self.access_expires_at - self.issued_at

    def remaining(self, now: datetime) -> timedelta:
        """What is left of the access token, never negative."""
        return max(self.access_expires_at - now, timedelta(0))

    def rotated(self, access: Sealed, refresh: Sealed | None, lifetimes: Lifetimes, *, asked_at: datetime) -> "Expiring":
        """The pair after a rotation that was sent at `asked_at`.

        Without a new refresh token the old one and its end stay; the year is never pushed on by an assumption.
        """
        lifetimes, refresh_ends = lifetimes.plausible, self.refresh_expires_at
        if refresh is not None and lifetimes.refresh is not None:
            refresh_ends = asked_at + lifetimes.refresh
        return Expiring(
            access=access,
            refresh=refresh or self.refresh,
            issued_at=asked_at,
            access_expires_at=asked_at + (lifetimes.access or ASSUMED_ACCESS_LIFE),
            refresh_expires_at=refresh_ends,
            assumed=lifetimes.access is None,
        )


@dataclass(frozen=True, slots=True)
class LongTerm:
    """A token without an end: it dies by revocation alone, so it is probed, never refreshed."""

    access: Sealed
    issued_at: datetime

    @property
    def key_id(self) -> str | None:
        """Which key sealed it."""
        return self.access.key_id


Tokens = Expiring | LongTerm


def access_ends_at(tokens: Tokens | None) -> datetime | None:
    """When its access token ends, if it does."""
    return tokens.access_expires_at if isinstance(tokens, Expiring) else None


def first_tokens(access: Sealed, refresh: Sealed | None, lifetimes: Lifetimes, *, asked_at: datetime) -> Tokens:
    """The token model of a new grant, decided once by what the exchange's answer carried: with a refresh token it expires."""
    if refresh is None:
        return LongTerm(access, asked_at)
    lifetimes = lifetimes.plausible
    return Expiring(
        access=access,
        refresh=refresh,
        issued_at=asked_at,
        access_expires_at=asked_at + (lifetimes.access or ASSUMED_ACCESS_LIFE),
        refresh_expires_at=asked_at + (lifetimes.refresh or ASSUMED_REFRESH_LIFE),
        assumed=lifetimes.access is None or lifetimes.refresh is None,
    )
