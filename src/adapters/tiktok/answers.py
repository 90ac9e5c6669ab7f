"""TikTok's answers in TikTok's words. Unknown fields are ignored; what is inconsistent at TikTok is read in every form seen."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import msgspec

from adapters.tiktok.account_status import standing_of
from domain.advertiser import Advertiser
from domain.ids import AdvertiserId
from domain.outcomes import Issued
from domain.tokens import Lifetimes, Secret

LONGEST_LIFE = timedelta(days=36_525)
"""A century: a longer lifetime is no statement about time, and some would overflow a date."""

SUCCESS = frozenset({0, 20001})
"""OK and PARTIAL_OK (the return codes of TikTok's official SDK)."""

T = TypeVar("T")


class _Envelope(msgspec.Struct):
    code: int | str
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _Tokens(msgspec.Struct):
    """Nothing but the access token can make this unreadable: it may be the only copy of the only live pair."""

    access_token: object = None
    refresh_token: object = None
    access_token_expire_in: object = None
    refresh_token_expire_in: object = None
    expires_in: object = None
    refresh_token_expires_in: object = None
    advertiser_ids: object = None


class _Reached(msgspec.Struct):
    advertiser_id: object = None
    advertiser_name: object = None


class _Account(msgspec.Struct):
    advertiser_id: object = None
    name: object = None
    currency: object = None
    timezone: object = None
    display_timezone: object = None
    status: object = None


class _ReachedList(msgspec.Struct):
    found: list[_Reached] | None = msgspec.field(name="list")


class _AccountList(msgspec.Struct):
    found: list[_Account] | None = msgspec.field(name="list")


class Envelope:
    """An answer that is TikTok's: it has a code, whatever the HTTP status."""

    __slots__ = ("_data", "code")

    def __init__(self, code: int, data: bytes | msgspec.Raw) -> None:
        self.code, self._data = code, data

    @classmethod
    def of(cls, body: bytes) -> Envelope | None:
        """None for anything else: a gateway's page, half an answer, JSON without a code."""
        read = _decoded(body, _Envelope)
        if read is None:
            return None
        try:
            return cls(int(read.code), read.data)
        except ValueError:
            return None

    def tokens(self) -> Issued | None:
        """The tokens of a success. None where there is no access token."""
        read = _decoded(self._data, _Tokens)
        if read is None or (access := _secret(read.access_token)) is None:
            return None
        return Issued(
            access=access,
            refresh=_secret(read.refresh_token),
            lifetimes=Lifetimes(
                access=_lifetime(read.access_token_expire_in) or _lifetime(read.expires_in),
                refresh=_lifetime(read.refresh_token_expire_in) or _lifetime(read.refresh_token_expires_in),
            ),
            advertisers=_ids(read.advertiser_ids),
        )

    def reached(self) -> tuple[Advertiser, ...] | None:
        """The accounts that a token reaches, by id and name. None where there is no list."""
        if (read := _decoded(self._data, _ReachedList)) is None:
            return None
        return tuple(
            Advertiser(AdvertiserId(name), _text(one.advertiser_name).strip() or name)
            for one in read.found or ()
            if (name := _text(one.advertiser_id))
        )

    def accounts(self) -> tuple[Advertiser, ...] | None:
        """Accounts with their details. None where there is no list."""
        if (read := _decoded(self._data, _AccountList)) is None:
            return None
        return tuple(
            Advertiser(
                id=AdvertiserId(name),
                name=_text(one.name).strip() or name,
                currency=_text(one.currency),
                timezone=_text(one.timezone) or _text(one.display_timezone),
                status=_text(one.status),
                standing=standing_of(_text(one.status)),
            )
            for one in read.found or ()
            if (name := _text(one.advertiser_id))
        )


def _decoded(text: bytes | msgspec.Raw, form: type[T]) -> T | None:
    try:
        return msgspec.json.decode(text, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _text(value: object) -> str:
    """Text as it is, whole numbers digit by digit, anything else (a float has lost digits) as none."""
    match value:
        case str():
            return value.replace("\0", "")  # which PostgreSQL can't store
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            return ""


def _secret(value: object) -> Secret | None:
    return Secret(value) if isinstance(value, str) and value else None


def _ids(value: object) -> tuple[AdvertiserId, ...]:
    return tuple(AdvertiserId(_text(one)) for one in value if _text(one)) if isinstance(value, list) else ()


def _lifetime(value: object) -> timedelta | None:
    """Seconds, as a number or its text. None for what can't be meant: zero, less, not a number, over a century."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return timedelta(seconds=seconds) if 0 < seconds <= LONGEST_LIFE.total_seconds() else None
