"""The command `history`."""

import json
from datetime import datetime, timedelta
from typing import Any

import click

from application.show_history import HistoryEntry, NothingKnown
from domain.audit_trail import Actor, ActorKind, AuditRecord, AuditSubject, VendRecord
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.rotation_attempt import RotationAttempt
from entrypoints.cli.configuration import configured, ready
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.cli.point_in_time import before, since_option
from entrypoints.cli.status import instant


@click.command()
@click.argument("connection", required=False)
@click.option("--user", metavar="ID", help="Everything about the connections of this user of the dashboard.")
@click.option("--account", metavar="ID", help="The same of TikTok's account, whosever connection to it.")
@since_option()
@click.option("--json", "as_json", is_flag=True, help="For programs: an object a line.")
def history(
    connection: str | None, user: str | None, account: str | None, since: datetime | timedelta | None, *, as_json: bool
) -> None:
    """What happened to CONNECTION, and who asked: attempts and their outcomes, vends, people. The newest stands last.

    Acts are kept for AUDIT_RETENTION_DAYS, attempts and vends for 30 days. What is alike within a minute is one line (3x).
    """
    if sum(name is not None for name in (connection, user, account)) != 1:
        raise click.UsageError("Name one thing: a connection's id, --user or --account.")
    subject = AuditSubject(
        ConnectionId(connection) if connection else None,
        OwnerId(user) if user else None,
        AdvertiserId(account) if account else None,
    )
    container = ready(configured())
    try:
        begin = None if since is None else before(container.clock().now(), since)
        shown = container.show_history()(subject, since=begin)
        count, show = 0, as_line if as_json else in_words
        for entry in shown:
            click.echo(show(entry))
            count += 1
    except NothingKnown:
        raise CommandFailure(unknown(connection, user, account)) from None
    finally:
        container.database().dispose()
    if not count and not as_json:
        click.echo("nothing is recorded" + (f" since {instant(begin)}" if begin else ""), err=True)


def unknown(connection: str | None, user: str | None, account: str | None) -> str:
    """What to say of a name that nothing is known of."""
    if connection:
        return f"no connection {connection} is or was known here: `status` and `history --user ID` show ids"
    if user:
        return f"nothing is known of a user {user}: use the id of the dashboard's session (an erased user is known by none)"
    return f"no account {account} is or was connected here: use TikTok's id of the account"


def in_words(entry: HistoryEntry) -> str:
    """A line for a person."""
    match entry:
        case AuditRecord():
            said = [entry.act.value, by(entry.actor), *(f"{name} {value}" for name, value in about(entry)), entry.detail]
            return line(entry.at, *said, times(entry.count, entry.last_at))
        case VendRecord():
            service = by(Actor.service(entry.service, entry.address or None))
            return line(
                entry.minute, "token_vended", service, f"connection {entry.connection}", times(entry.count, entry.last_at)
            )
        case RotationAttempt():
            made = entry.what.call.value
            left = f"grant {entry.grant} generation {entry.generation}, then {entry.health}"
            called = f"request_id {entry.what.request_id}" if entry.what.request_id else ""
            return line(entry.at, f"attempt {made}: {entry.what.outcome}", left, called)


def line(at: datetime, *said: str) -> str:
    """Its time, and what is said of it."""
    return "  ".join([instant(at), *(part for part in said if part)])


def by(actor: Actor) -> str:
    """Who acted, and from where."""
    who = actor.kind.value if actor.kind is ActorKind.SYSTEM else f"{actor.kind.value} {actor.name}"
    return f"by {who}" + (f" from {actor.address}" if actor.address else "")


def about(record: AuditRecord) -> list[tuple[str, str]]:
    """Which things an act concerns."""
    own = record.actor.kind is ActorKind.USER and record.actor.name == record.owner
    names = {
        "user": None if own else record.owner,
        "connection": record.connection,
        "account": record.account,
        "grant": None if record.connection else record.grant,
    }
    return [(name, value) for name, value in names.items() if value]


def times(count: int, last_at: datetime | None) -> str:
    """How often, where it was more than once."""
    return f"{count}x, the last at {instant(last_at)}" if count > 1 and last_at else ""


def as_line(entry: HistoryEntry) -> str:
    """A JSON object in a line; its keys are stable."""
    return json.dumps(as_data(entry), default=instant)  # times are the only values that JSON has no words for


def as_data(entry: HistoryEntry) -> dict[str, Any]:
    """An entry by name."""
    match entry:
        case AuditRecord():
            return {
                "at": entry.at,
                "what": entry.act.value,
                "by": actor_as_data(entry.actor),
                "userId": entry.owner,
                "grantId": entry.grant,
                "connectionId": entry.connection,
                "accountId": entry.account,
                "detail": entry.detail or None,
                "count": entry.count,
                "lastAt": entry.last_at or entry.at,
            }
        case VendRecord():
            return {
                "at": entry.minute,
                "what": "token_vended",
                "by": actor_as_data(Actor.service(entry.service, entry.address or None)),
                "connectionId": entry.connection,
                "count": entry.count,
                "lastAt": entry.last_at,
            }
        case RotationAttempt():
            return {
                "at": entry.at,
                "what": "attempt",
                "call": entry.what.call.value,
                "outcome": entry.what.outcome,
                "requestId": entry.what.request_id or None,
                "grantId": entry.grant,
                "generation": entry.generation,
                "health": entry.health,
            }


def actor_as_data(actor: Actor) -> dict[str, Any]:
    """Who acted."""
    return {"kind": actor.kind.value, "name": actor.name or None, "address": actor.address}
