"""A connection, or an account to choose, as a row of a page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.advertiser import Advertiser
from domain.connection_state import ConnectionState
from domain.connection_view import ConnectionView
from domain.foreign_text import one_line
from domain.ids import ConnectionId
from domain.import_state import ImportState
from domain.outcomes import Reason
from entrypoints.http.api.why_not_selectable import WHY_CLOSED
from entrypoints.http.error_codes_and_sentences import ACCOUNT_LOST
from entrypoints.http.pages.import_lines import ImportLine, line_of
from entrypoints.http.pages.times_in_words import Moment, ago, ahead, left, on_day, times

Tone = Literal["good", "warn", "bad"]

WHY = {
    Reason.REFRESH_TOKEN_EXPIRED.value: "TikTok's permission has run out.",
    Reason.REFRESH_TOKEN_REFUSED.value: "TikTok no longer renews this permission.",
    Reason.AUTHORISATION_WITHDRAWN.value: "The permission was withdrawn at TikTok.",
    Reason.ROTATION_IN_DOUBT.value: "A renewal got no answer, and TikTok has since refused the token.",
    Reason.ACCESS_TOKEN_REFUSED.value: "TikTok no longer accepts this permission.",
    Reason.RESTORED_BACKUP.value: "This service was restored from a backup, and its permission for this account is out of date.",
    Reason.COPIED_DATABASE.value: "This is a copy of another installation, which keeps the permission for this account.",
    Reason.KEY_LOST.value: "We can no longer read the permission for this account; TikTok has not withdrawn it.",
}
"""Why a person must act, by the view's reason."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a connection does, in words: `tone` only repeats in colour what the label says."""

    label: str
    tone: Tone
    until: Moment | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """Where an expiring token's life stands; `share` is what is left of it, of 100."""

    rotated: Moment
    valid: Moment | None
    next_rotation: Moment | None
    share: int


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One connected account, ready to be shown."""

    id: ConnectionId
    name: str
    account: str
    detail: str
    status: Status
    life: Life | None
    """None for a token without an end."""
    rotations: str
    rotation_count: int
    permission_ends: Moment | None
    endless: bool
    """Whether the token has no end of its own."""
    connected: Moment
    spend: ImportLine | None
    """None: nothing is imported here."""


def row_of(view: ConnectionView, now: datetime, spend: ImportState | None = None) -> AccountRow:
    """A connection as the platforms page shows it."""
    connection, ends = view.connection, view.refresh_token_expires_at
    return AccountRow(
        id=connection.id,
        name=connection.advertiser.label,
        account=one_line(connection.advertiser.id),
        detail=detail_of(connection.advertiser),
        status=status_of(view, now),
        life=_life(view, now),
        rotations=times(view.generation - 1),
        rotation_count=view.generation - 1,
        permission_ends=on_day(ends, now) if ends and view.goes_on else None,
        endless=view.token_expires_at is None and view.goes_on,
        connected=ago(connection.created_at, now),
        spend=line_of(spend, now, waits_for_person=view.needs_reauth) if spend else None,
    )


def status_of(view: ConnectionView, now: datetime) -> Status:
    """The state in words, and what follows from it for the person."""
    why = WHY.get(view.reason or "", "")
    status = Status("Connected", "good")
    match view.state:
        case ConnectionState.NEEDS_REAUTH:
            status = Status("Needs reconnection", "bad", note=f"{why} Reconnect to go on importing ad spend.".strip())
        case ConnectionState.ACCOUNT_LOST:
            status = Status("Account not reachable", "bad", note=ACCOUNT_LOST.sentence)
        case ConnectionState.DEGRADED if view.usable_until and view.reconnect_by:
            note = f"{why} Reconnect before then and nothing is interrupted.".strip()
            status = Status("Working until", "warn", on_day(view.usable_until, now), note)
        case ConnectionState.DEGRADED if not view.goes_on:
            note = "TikTok refused to renew this permission. It is asked again by itself, and there is nothing to do for you yet."
            status = Status("Connected, renewal refused once", "warn", note=note)
        case ConnectionState.DEGRADED:
            status = Status("Renewal delayed", "warn", note="TikTok could not be asked in time. It is tried again by itself.")
        case ConnectionState.IN_DOUBT:
            note = "TikTok's last answer was unclear, so it is asked again. There is nothing to do for you."
            status = Status("Connected, renewal being checked", "warn", note=note)
        case ConnectionState.ACCOUNT_SUSPENDED:
            status = Status("Connected, account restricted", "warn", note=WHY_CLOSED[view.connection.advertiser.standing])
        case ConnectionState.OK if view.reconnect_by is not None:
            note = "TikTok's permission ends then. Reconnect before and nothing is interrupted."
            status = Status("Connected until", "warn", on_day(view.reconnect_by, now), note)
        case ConnectionState.OK:
            pass
    return status


def detail_of(advertiser: Advertiser) -> str:
    """Currency and time zone, as far as TikTok told them."""
    told = (one_line(advertiser.currency), one_line(advertiser.timezone).replace("_", " "))
    return " · ".join(part for part in told if part)


def _life(view: ConnectionView, now: datetime) -> Life | None:
    issued, ends = view.token_issued_at, view.token_expires_at
    if issued is None or ends is None or view.needs_reauth:
        return None
    return Life(
        rotated=ago(issued, now),
        valid=left(ends, now) if ends > now else None,
        next_rotation=ahead(view.next_refresh_at, now) if view.next_refresh_at and view.goes_on else None,
        share=round(100 * max(ends - now, ends - ends) / (ends - issued)) if ends > issued else 0,
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """One account of an offer. `closed` says why it can't be chosen; `connected`: it is connected already."""

    account: str
    name: str
    detail: str
    connected: bool = False
    closed: str = ""


def choice_of(advertiser: Advertiser, connected: frozenset[str]) -> Choice:
    """An advertiser as the selection page shows it."""
    return Choice(
        account=advertiser.id,
        name=advertiser.label,
        detail=detail_of(advertiser),
        connected=advertiser.id in connected,
        closed=WHY_CLOSED[advertiser.standing],
    )
