"""What goes over the wire, in and out: camelCase, times in UTC with `Z`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Id = Annotated[str, Meta(description="A UUID of this service.")]
AccountId = Annotated[str, Meta(description="TikTok's id of an advertiser account: digits, but never a number.", max_length=64)]


class Wire(Struct, rename="camel", frozen=True):
    """A JSON object."""


class Problem(Wire, frozen=True, kw_only=True):
    """Problem details (RFC 9457). `error` is a sentence for people, `code` is for programs, `detail` for developers."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    error: str
    code: str
    retry_after: Annotated[int, Meta(ge=1, description="Seconds after which to come again.")] | UnsetType = UNSET
    reconnect_url: Annotated[str, Meta(description="Where a person authorises again.")] | UnsetType = UNSET


class Account(Wire, frozen=True, kw_only=True):
    """An account that can be chosen."""

    account_id: AccountId
    name: str
    currency: str
    timezone: str


class UnavailableAccount(Account, frozen=True, kw_only=True):
    """An account that can't be chosen: `status` is TikTok's word, `reason` a sentence."""

    status: str
    reason: str


class PendingSelection(Wire, frozen=True, kw_only=True):
    """What a consent reached."""

    accounts: list[Account]
    unavailable_accounts: list[UnavailableAccount]
    expires_at: datetime


class Selection(Wire, frozen=True, kw_only=True):
    """A choice: one account, or several."""

    pending_token_id: Id
    account_id: AccountId | None = None
    account_ids: list[AccountId] | None = None


Status = Literal["active", "needs_reauth"]


class ConnectedAccount(Wire, frozen=True, kw_only=True):
    """A connection as the answer to a choice names it."""

    id: Id
    platform: str
    account_id: AccountId
    account_name: str
    status: Status


class Selected(Wire, frozen=True, kw_only=True):
    """The connections that a choice led to."""

    success: Literal[True] = True
    connections: list[ConnectedAccount]


class RefreshRequest(Wire, frozen=True, kw_only=True):
    """Which connection to renew."""

    connection_id: Id


class Refreshed(Wire, frozen=True, kw_only=True):
    """The token is fresh; null for one without an end, which was found alive."""

    success: Literal[True] = True
    token_expires_at: datetime | None


class Health(Wire, frozen=True, kw_only=True):
    """How a connection does."""

    state: Literal["needs_reauth", "account_lost", "degraded", "in_doubt", "account_suspended", "ok"]
    reason: str | None
    usable_until: datetime | None


class Platform(Wire, frozen=True, kw_only=True):
    """One connection. Times are null where they make no sense."""

    id: Id
    platform: Literal["tiktok_ads"]
    account_id: AccountId
    account_name: str
    currency: str
    timezone: str
    status: Status
    created_at: datetime
    token_expires_at: datetime | None
    next_refresh_at: datetime | None
    refresh_token_expires_at: datetime | None
    reconnect_by: Annotated[datetime | None, Meta(description="By when a person must act.")]
    generation: int
    health: Health


class Platforms(Wire, frozen=True, kw_only=True):
    """A user's connections, oldest first."""

    connections: list[Platform]


class Disconnected(Wire, frozen=True, kw_only=True):
    """What was disconnected."""

    message: str


class TokenRequest(Wire, frozen=True, kw_only=True):
    """Whose token is wanted: a connection's, or that of a user's account."""

    connection_id: Id | None = None
    user_id: Annotated[str, Meta(max_length=255)] | None = None
    account_id: AccountId | None = None
    min_validity_seconds: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None


class AccessToken(Wire, frozen=True, kw_only=True):
    """An access token; null `expiresAt`: it has no end. `degraded`: it lasts less long than wanted, or can't be renewed."""

    access_token: str
    expires_at: datetime | None
    account_id: AccountId
    degraded: bool

    def __repr__(self) -> str:
        return "AccessToken(…)"


class GrantError(Wire, frozen=True, kw_only=True):
    """A grant that was not renewed, and why."""

    grant_id: Id
    code: str


class CronReport(Wire, frozen=True, kw_only=True):
    """A sweep, counted in grants."""

    success: Literal[True] = True
    total: int
    refreshed: int
    failed: int
    skipped: int
    remaining: int
    errors: Annotated[list[GrantError], Meta(max_length=20)] | UnsetType = UNSET


Check = Literal["ok", "failed", "degraded"]


class Checks(Wire, frozen=True, kw_only=True):
    """What was looked at. Without the broker everything works, so it can only be degraded."""

    database: Check
    schema: Check
    keys: Check
    broker: Check


class Readiness(Wire, frozen=True, kw_only=True):
    """Whether requests can be served."""

    status: Literal["ready", "unready"]
    checks: Checks


class Liveness(Wire, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["alive"] = "alive"
