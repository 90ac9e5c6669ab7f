"""What a receiver outside is told of an event: its type, and JSON values with all of a connection that is not secret."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.advertiser import Standing
from domain.connection_view import ConnectionView
from domain.events import (
    AccountDisconnected,
    AccountFound,
    AccountLost,
    AccountsAdded,
    AccountsConnected,
    AccountStandingChanged,
    Event,
    GrantDegraded,
    GrantErased,
    GrantRecovered,
    ReauthorisationRequired,
    RefreshTokenEnding,
    RevocationGivenUp,
    SpendImported,
    TokenRevoked,
    TokensRotated,
)
from domain.ids import ConnectionId, GrantId

JsonObject = dict[str, object]

MOST_CONNECTIONS = 100
"""Connections in one message, some 60 kB of JSON. What concerns more is told in parts."""

TYPES = (
    "accounts.connected",
    "account.disconnected",
    "account.lost",
    "account.gained",
    "account.suspended",
    "account.reopened",
    "tokens.rotated",
    "grant.degraded",
    "grant.recovered",
    "reauthorisation.required",
    "refresh_token.expiring",
    "spend.imported",
)


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """One message to the receiver, or one part of it. `position` is the event's among all events."""

    id: str
    """The same at each attempt: by it a receiver knows a message that it has had."""
    type: str
    grant: GrantId
    position: int
    part: int
    at: datetime
    """When the event came true."""
    body: str = field(repr=False)
    """JSON in ASCII."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a receiver is told of one event, before its connections are looked up."""

    type: str
    facts: JsonObject
    connections: tuple[ConnectionId, ...] | None
    """Which of the grant's connections it concerns; None: all of them."""


def told_of(event: Event) -> Told | None:  # noqa: C901, PLR0911, PLR0912 (one case an event)
    """What the event is called outside and what it says; None: it concerns nobody outside."""
    match event:
        case AccountsConnected(connections=connections):
            return Told("accounts.connected", {"connectionIds": list(connections)}, connections)
        case AccountDisconnected(connection=one):
            return Told("account.disconnected", {"connectionId": one}, ())
        case AccountLost(connection=one):
            return Told("account.lost", {"connectionId": one}, (one,))
        case AccountFound(connection=one):
            return Told("account.gained", {"connectionId": one, "accountIds": []}, (one,))
        case AccountsAdded(advertisers=accounts):
            return Told("account.gained", {"connectionId": None, "accountIds": list(accounts)}, ())
        case AccountStandingChanged(connection=one, standing=standing):
            return _of_standing(one, standing)
        case TokensRotated(generation=generation):
            return Told("tokens.rotated", {"generation": generation}, None)
        case GrantDegraded(reason=reason, usable_until=until):
            return Told("grant.degraded", {"reason": reason.value, "usableUntil": text_of(until)}, None)
        case GrantRecovered(generation=generation):
            return Told("grant.recovered", {"generation": generation}, None)
        case ReauthorisationRequired(reason=reason):
            return Told("reauthorisation.required", {"reason": reason.value}, None)
        case RefreshTokenEnding(days=days, ends_at=ends_at):
            return Told("refresh_token.expiring", {"days": days, "endsAt": text_of(ends_at)}, None)
        case SpendImported(connection=one, first=first, last=last):
            days_read = {"from": first.isoformat(), "to": last.isoformat()}
            return Told("spend.imported", {"connectionId": one, **days_read}, (one,))
        case GrantErased() | TokenRevoked() | RevocationGivenUp():
            return None


def _of_standing(connection: ConnectionId, standing: Standing) -> Told | None:
    if standing in {Standing.UNREAD, Standing.UNTOLD}:
        return None
    what = "account.reopened" if standing is Standing.OPEN else "account.suspended"
    return Told(what, {"connectionId": connection, "standing": standing.value}, (connection,))


def messages_of(
    event: Event, told: Told, views: Sequence[ConnectionView], *, fact: int, position: int
) -> Iterator[WebhookMessage]:
    """The event as messages of at most `MOST_CONNECTIONS` connections each; `views` are those that it concerns and that are
    there. `fact` is the event's own number; a database that was restored gives it once more, so the time is in the id too.
    """
    groups = [views[first : first + MOST_CONNECTIONS] for first in range(0, len(views), MOST_CONNECTIONS)] or [()]
    for part, group in enumerate(groups, start=1):
        data: JsonObject = {
            "userId": event.owner,
            "grantId": event.grant,
            "sequence": position,
            "part": part,
            "parts": len(groups),
            **told.facts,
            "connections": [connection_json(view) for view in group],
        }
        name = f"evt_{round(event.at.timestamp() * 1000):x}_{fact}" + (f"_{part}" if part > 1 else "")
        content: JsonObject = {"type": told.type, "timestamp": text_of(event.at), "data": data}
        body = json.dumps(content, separators=(",", ":"))
        yield WebhookMessage(name, told.type, event.grant, position, part, event.at, body)


def connection_json(view: ConnectionView) -> JsonObject:
    """A connection as `GET /api/platforms` lists it."""
    connection, advertiser = view.connection, view.connection.advertiser
    return {
        "id": connection.id,
        "platform": view.provider,
        "accountId": advertiser.id,
        "accountName": advertiser.label,
        "currency": advertiser.currency,
        "timezone": advertiser.timezone,
        "status": "needs_reauth" if view.needs_reauth else "active",
        "createdAt": text_of(connection.created_at),
        "tokenExpiresAt": text_of(view.token_expires_at),
        "nextRefreshAt": text_of(view.next_refresh_at),
        "refreshTokenExpiresAt": text_of(view.refresh_token_expires_at),
        "reconnectBy": text_of(view.reconnect_by),
        "generation": view.generation,
        "health": {"state": view.state.value, "reason": view.reason, "usableUntil": text_of(view.usable_until)},
    }


def text_of(at: datetime | None) -> str | None:
    """A UTC time as RFC 3339 writes it, with Z."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")
