"""TikTok's answers in TikTok's words. Unknown fields are ignored; what is inconsistent at TikTok is read in every form seen."""

import logging
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.tiktok.account_status import standing_of
from adapters.tiktok.json_reading import json_of
from domain.advertiser import Advertiser
from domain.ids import AdvertiserId
from domain.outcomes import Issued
from domain.tokens import LONGEST_ACCESS_LIFE, LONGEST_REFRESH_LIFE, Lifetimes, Secret

log = logging.getLogger(__name__)

SUCCESS = frozenset({0, 20001})
"""OK and PARTIAL_OK (the return codes of TikTok's official SDK)."""

ACCESS_LIFE_NAMES = ("access_token_expire_in", "expires_in")
REFRESH_LIFE_NAMES = ("refresh_token_expire_in", "refresh_token_expires_in")
"""The names under which lifetimes were seen, the likelier first."""

LONGEST_ID, LONGEST_NAME, LONGEST_WORD, LONGEST_MESSAGE = 64, 255, 64, 4_096
"""Characters. An id that is longer is none; names, and words such as a currency, are cut."""

LARGEST_CODE = 10**12
"""TikTok's codes have five digits."""

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
"""C0 and C1, of which PostgreSQL can't store NUL, and no page shows any."""

REQUEST_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""What it looks like; it is stored and shown."""

Row = Mapping[str, Any]


class Envelope:
    """An answer that is TikTok's: it has a code, whatever the HTTP status. Nothing odd in it costs what is not odd."""

    __slots__ = ("body", "code", "data", "message", "request_id")

    def __init__(self, code: int, data: Row, body: bytes, message: str = "", request_id: str = "") -> None:
        self.code, self.data, self.body, self.message, self.request_id = code, data, body, message, request_id

    @classmethod
    def of(cls, body: bytes) -> "Envelope | None":
        """None for anything else: a gateway's page, half an answer, JSON without a code."""
        answer = json_of(body)
        if not isinstance(answer, dict) or (code := _code(answer.get("code"))) is None:
            return None
        data = answer.get("data")
        message, request_id = text_of(answer.get("message"), LONGEST_MESSAGE), text_of(answer.get("request_id"))
        return cls(
            code, data if isinstance(data, dict) else {}, body, message, request_id if REQUEST_ID.fullmatch(request_id) else ""
        )

    def tokens(self, now: datetime) -> Issued | None:
        """The tokens of a success that was asked for just before now. None where there is no access token."""
        data = self.data
        if (access := _secret(data.get("access_token"))) is None:
            return None
        return Issued(
            access=access,
            refresh=_secret(data.get("refresh_token")),
            lifetimes=Lifetimes(
                access=_lifetime(data, ACCESS_LIFE_NAMES, LONGEST_ACCESS_LIFE, now),
                refresh=_lifetime(data, REFRESH_LIFE_NAMES, LONGEST_REFRESH_LIFE, now),
            ),
            advertisers=_ids(data.get("advertiser_ids")),
            request_id=self.request_id,
        )

    def reached(self) -> tuple[Advertiser, ...] | None:
        """The accounts that a token reaches, by id and name, each once. None where there is no list."""
        if (rows := self._rows()) is None:
            return None
        accounts = (Advertiser(name, text_of(row.get("advertiser_name"), LONGEST_NAME) or name) for name, row in rows)
        return tuple({account.id: account for account in accounts}.values())

    def accounts(self) -> tuple[Advertiser, ...] | None:
        """Accounts with their details, each once. None where there is no list."""
        if (rows := self._rows()) is None:
            return None
        accounts = (
            Advertiser(
                id=name,
                name=text_of(row.get("name"), LONGEST_NAME) or name,
                currency=text_of(row.get("currency")),
                timezone=text_of(row.get("display_timezone")) or text_of(row.get("timezone")),
                status=text_of(row.get("status")),
                standing=standing_of(text_of(row.get("status"))),
            )
            for name, row in rows
        )
        return tuple({account.id: account for account in accounts}.values())

    def _rows(self) -> Iterator[tuple[AdvertiserId, Row]] | None:
        """What the list has of accounts, each with its id. What has no id is no account."""
        rows = self.data.get("list", ...)
        if rows is not None and not isinstance(rows, list):
            return None
        return ((name, row) for row in rows or () if isinstance(row, dict) and (name := id_of(row.get("advertiser_id"))))


def _code(value: object) -> int | None:
    """A whole number, in whatever way it is written."""
    if isinstance(value, str):
        try:
            value = float(value) if "." in value else int(value)
        except ValueError:
            return None
    if isinstance(value, float | Decimal):
        return int(value) if -LARGEST_CODE < value < LARGEST_CODE and value == int(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_of(value: object, longest: int = LONGEST_WORD) -> str:
    """Text that can be stored and shown, whole numbers digit by digit, anything else as none."""
    match value:
        case str():
            return CONTROLS.sub(" ", _whole(value)).strip()[:longest].strip()
        case int() if not isinstance(value, bool):
            return str(value)[:longest]
        case _:
            return ""


def _whole(text: str) -> str:
    """The text without halves of characters (lone surrogates), which can be neither stored nor sent."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def id_of(value: object) -> AdvertiserId | None:
    """An id that can be kept, an account's or another's; None for anything else."""
    name = text_of(value, LONGEST_ID + 1)
    return AdvertiserId(name) if 0 < len(name) <= LONGEST_ID else None


def _ids(value: object) -> tuple[AdvertiserId, ...]:
    ids = (id_of(one) for one in value) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(one for one in ids if one))


def _secret(value: object) -> Secret | None:
    token = _whole(value).strip() if isinstance(value, str) else ""
    return Secret(token) if token else None


def _lifetime(data: Row, names: tuple[str, ...], longest: timedelta, now: datetime) -> timedelta | None:
    """How long from now, by the first of the names that says something which can be meant. None, with an alarm, if none does."""
    for name in names:
        if (value := data.get(name)) is None:
            continue
        if (life := _span(value, longest, now)) is not None:
            return life
        shown = value if isinstance(value, int | float | Decimal) else type(value).__name__  # a text might be a token
        log.critical("TikTok names a lifetime that can't be meant: %s is %.40s; the usual one is assumed", name, shown)
    return None


def _span(value: object, longest: timedelta, now: datetime) -> timedelta | None:
    """Seconds, as a number or its text, or the point in time that they are since 1970. None for what is neither."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(seconds):
        return None
    return next((timedelta(seconds=s) for s in (seconds, seconds - now.timestamp()) if 0 < s <= longest.total_seconds()), None)
