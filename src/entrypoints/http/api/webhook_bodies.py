"""Webhooks as they go over the wire: for the API's description, beside a test that reads real ones by it."""

from datetime import date
from typing import Annotated

from msgspec import Meta, field

from entrypoints.http.api.bodies import ConnectionBody, Id, Time, Wire

AccountIds = list[Annotated[str, Meta(examples=["7000000000000001000"])]]
Reason = Annotated[str, Meta(description="Why, in one word.", examples=["refresh_token_refused"])]
Connection = Annotated[Id, Meta(description="It may be there no more.")]
Generation = Annotated[int, Meta(description="1 at consent, one more at each renewal.", examples=[3])]
Standing = Annotated[str, Meta(description="How TikTok has the account.", examples=["punished"])]


class Concerned(Wire, frozen=True, kw_only=True):
    """What every message says: whom it concerns, its place, and the connections as they are."""

    user_id: Annotated[str, Meta(description="The dashboard's user.", examples=["user-1"])]
    grant_id: Id
    sequence: Annotated[int, Meta(description="Grows with each event; the same in all parts of one.", examples=[8123])]
    part: Annotated[int, Meta(ge=1, examples=[1])]
    parts: Annotated[int, Meta(description="In how many messages the event is told.", ge=1, examples=[1])]
    connections: Annotated[list[ConnectionBody], Meta(max_length=100)]


class AccountsConnected(Concerned, frozen=True, kw_only=True):
    """A person chose accounts, or connected them again."""

    connection_ids: list[Id]


class OneConnection(Concerned, frozen=True, kw_only=True):
    """What became of one connection."""

    connection_id: Connection


class AccountGained(Concerned, frozen=True, kw_only=True):
    """A connected account is reached again, or new accounts are that nobody has connected."""

    connection_id: Connection | None
    account_ids: AccountIds


class AccountStanding(OneConnection, frozen=True, kw_only=True):
    """TikTok closed, punished, rejected, reviews or opened an account."""

    standing: Standing


class Working(Concerned, frozen=True, kw_only=True):
    """The tokens work, and are of this generation."""

    generation: Generation


class Degraded(Concerned, frozen=True, kw_only=True):
    """The refresh was refused; a person is to connect again by then."""

    reason: Reason
    usable_until: Time


class ReauthorisationRequired(Concerned, frozen=True, kw_only=True):
    """Nothing can be served until a person connects again."""

    reason: Reason


class RefreshTokenExpiring(Concerned, frozen=True, kw_only=True):
    """A person has to connect again by then."""

    days: Annotated[int, Meta(examples=[60])]
    ends_at: Time


class SpendImported(OneConnection, frozen=True, kw_only=True):
    """Days of an account were read and stored."""

    first: Annotated[date, Meta(examples=["2026-11-01"])] = field(name="from")
    last: Annotated[date, Meta(examples=["2026-11-07"])] = field(name="to")


DATA: dict[str, tuple[type[Concerned], str]] = {
    "accounts.connected": (AccountsConnected, "A person chose accounts, or connected them again."),
    "account.disconnected": (OneConnection, "A person let an account go, or was erased: remove it."),
    "account.lost": (OneConnection, "The grant no longer reaches an account."),
    "account.gained": (AccountGained, "A connected account is reached again, or new ones are that nobody has connected."),
    "account.suspended": (AccountStanding, "TikTok closed, punished, rejected or reviews an account."),
    "account.reopened": (AccountStanding, "TikTok opened an account."),
    "tokens.rotated": (Working, "A new pair of tokens is stored."),
    "grant.degraded": (Degraded, "The refresh was refused; tokens are served for a while."),
    "grant.recovered": (Working, "The tokens work again, after a person had been asked to connect again."),
    "reauthorisation.required": (ReauthorisationRequired, "Nothing can be served until a person connects again."),
    "refresh_token.expiring": (RefreshTokenExpiring, "The refresh token's year is nearly over."),
    "spend.imported": (SpendImported, "Days of an account's spend were read and stored."),
}
"""What `data` is in each type of message, and when it comes."""
