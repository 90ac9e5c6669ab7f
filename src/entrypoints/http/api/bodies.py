"""What goes over the wire, in and out: camelCase, times in UTC with `Z`."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Id = Annotated[str, Meta(description="A UUID of this service.", examples=["7f1f6c1e-6a39-4f63-9d0d-6f0c3a1d2b4e"])]
AccountId = Annotated[
    str,
    Meta(
        description="TikTok's id of an advertiser account: digits, but never a number.",
        max_length=64,
        pattern=r"^[^\x00]*$",
        examples=["7000000000000001000"],
    ),
]
Name = Annotated[str, Meta(examples=["Acme Shoes"])]
Currency = Annotated[str, Meta(description="Empty where TikTok withheld it.", examples=["USD"])]
Timezone = Annotated[str, Meta(description="Empty where TikTok withheld it.", examples=["America/New_York"])]
Time = Annotated[datetime, Meta(description="RFC 3339, UTC.", examples=["2030-01-01T12:00:00Z"])]


class Wire(Struct, rename="camel", frozen=True):
    """A JSON object."""


class Account(Wire, frozen=True, kw_only=True):
    """An account that can be chosen."""

    account_id: AccountId
    name: Name
    currency: Currency
    timezone: Timezone


class UnavailableAccount(Account, frozen=True, kw_only=True):
    """An account that can't be chosen: `status` is TikTok's word, `reason` a sentence."""

    status: Annotated[str, Meta(examples=["STATUS_DISABLE"])]
    reason: Annotated[str, Meta(examples=["This account is closed at TikTok."])]


class PendingSelection(Wire, frozen=True, kw_only=True):
    """What a consent reached."""

    accounts: list[Account]
    unavailable_accounts: list[UnavailableAccount]
    expires_at: Time


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
    account_name: Name
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
    token_expires_at: Time | None


class Health(Wire, frozen=True, kw_only=True):
    """How a connection does."""

    state: Literal["needs_reauth", "account_lost", "degraded", "in_doubt", "account_suspended", "ok"]
    reason: str | None
    usable_until: Time | None


class ConnectionBody(Wire, frozen=True, kw_only=True):
    """One connection. Times are null where they make no sense."""

    id: Id
    platform: Literal["tiktok_ads"]
    account_id: AccountId
    account_name: Name
    currency: Currency
    timezone: Timezone
    status: Status
    created_at: Time
    token_expires_at: Time | None
    next_refresh_at: Time | None
    refresh_token_expires_at: Time | None
    reconnect_by: Annotated[Time | None, Meta(description="By when a person must act.")]
    generation: Annotated[int, Meta(description="1 at consent, one more at each renewal.", examples=[3])]
    health: Health


class ConnectionList(Wire, frozen=True, kw_only=True):
    """A user's connections, oldest first."""

    connections: list[ConnectionBody]


class Disconnected(Wire, frozen=True, kw_only=True):
    """What was disconnected."""

    message: Annotated[str, Meta(examples=["Disconnected. The permission stays, since other accounts use it."])]


class TokenRequest(Wire, frozen=True, kw_only=True):
    """Whose token is wanted: a connection's, or that of a user's account."""

    connection_id: Id | None = None
    user_id: Annotated[str, Meta(max_length=255, pattern=r"^[^\x00]*$", examples=["user-1"])] | None = None
    account_id: AccountId | None = None
    min_validity_seconds: Annotated[int, Meta(ge=0, le=2**31 - 1, examples=[300])] | None = None
    rejected_token: (
        Annotated[
            str, Meta(max_length=4096, description="The access token that TikTok refused to this service.", examples=["act.x"])
        ]
        | None
    ) = None

    def __repr__(self) -> str:
        return "TokenRequest(…)"


class AccessToken(Wire, frozen=True, kw_only=True):
    """An access token; null `expiresAt`: it has no end. `degraded`: it lasts less long than wanted, or can't be renewed.

    At TikTok it reaches every account that was ticked at the consent, and not `accountId` alone.
    """

    access_token: Annotated[str, Meta(examples=["act.example"])]
    expires_at: Time | None
    account_id: AccountId
    degraded: bool

    def __repr__(self) -> str:
        return "AccessToken(…)"


class ErasureReceipt(Wire, frozen=True, kw_only=True):
    """That everything of a user is erased. Nothing here says who it was."""

    receipt_id: Id


class GrantError(Wire, frozen=True, kw_only=True):
    """A grant that was not renewed, and why."""

    grant_id: Id
    code: str


class CronReport(Wire, frozen=True, kw_only=True):
    """A sweep, counted in grants."""

    success: Literal[True] = True
    total: Annotated[int, Meta(examples=[12])]
    refreshed: Annotated[int, Meta(examples=[12])]
    failed: int
    skipped: int
    remaining: int
    errors: Annotated[list[GrantError], Meta(max_length=20)] | UnsetType = UNSET


Check = Literal["ok", "failed", "degraded"]


class Checks(Wire, frozen=True, kw_only=True):
    """What was looked at. From broker on all can only be degraded: requests are served all the same."""

    database: Check
    schema: Check
    keys: Check
    broker: Check
    beat: Check
    journal: Check
    identity: Check
    calls: Annotated[Check, Meta(description="Degraded while an operator has paused all calls to TikTok.")]
    mirror: Annotated[Check, Meta(description="The dashboard's own database, where there is one.")] | UnsetType = UNSET


class Readiness(Wire, frozen=True, kw_only=True):
    """Whether requests can be served."""

    status: Literal["ready", "unready"]
    checks: Checks


class Liveness(Wire, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["alive"] = "alive"
