"""Grants as rows, and rows as grants. No token is opened here."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from application.ports.claims_and_settlements import TokenModel
from application.ports.fleet import HEALTH_WORDS
from domain.advertiser import Advertiser, Connection, Standing
from domain.attempts_and_failures import Attempt, Schedule
from domain.consent import Consent
from domain.due_times import urgent_at
from domain.erasure import Erasure
from domain.grant import Grant
from domain.grant_health import Active, Degraded, Health, NeedsReauth, Revoked, Superseded
from domain.ids import AdvertiserId, AttemptId
from domain.offer import Offer
from domain.outcomes import Reason
from domain.queued_revocation import Revocation
from domain.refusal_repeats import Refusals
from domain.restored_grants import Restored
from domain.tokens import Expiring, LongTerm, Sealed, TokenOrigin, Tokens, TokenTerm

Columns = dict[str, Any]
"""Values by the name of their column."""


def fields_of(thing: Consent | Erasure | Offer | Revocation) -> Columns:
    """Its fields, under their own names."""
    return {field.name: getattr(thing, field.name) for field in fields(thing)}


def row_of(grant: Grant) -> Columns:
    """Everything of a grant but its connections and its reach."""
    return {
        "id": grant.id,
        "owner": grant.owner,
        "app": grant.app,
        "provider": grant.provider,
        "auth_version": grant.origin.version,
        "token_term": grant.origin.term.value,
        "created_at": grant.created_at,
        "generation": grant.generation,
        "connected": bool(grant.connections),
        "reach_read_at": grant.reach_read_at,
        "reach_known_at": grant.reach_read_at or grant.created_at,
        **token_columns(grant),
        **health_columns(grant.health),
        **schedule_columns(grant.schedule),
    }


def token_columns(grant: Grant) -> Columns:
    """Its tokens as they are sealed, their times, and their fingerprint."""
    columns: Columns = dict.fromkeys(
        ("kind", "access", "refresh", "issued_at", "access_expires_at", "refresh_expires_at", "assumed", "urgent_at")
    )
    columns["fingerprint"] = grant.fingerprint
    match grant.tokens:
        case Expiring() as pair:
            columns |= {
                "kind": TokenModel.EXPIRING.value,
                "access": pair.access.ciphertext,
                "refresh": pair.refresh.ciphertext,
                "issued_at": pair.issued_at,
                "access_expires_at": pair.access_expires_at,
                "refresh_expires_at": pair.refresh_expires_at,
                "assumed": pair.assumed,
                "urgent_at": urgent_at(pair),
            }
        case LongTerm(access=access, issued_at=issued_at):
            columns |= {"kind": TokenModel.LONG_TERM.value, "access": access.ciphertext, "issued_at": issued_at}
        case None:
            pass
    return columns


def health_columns(health: Health) -> Columns:
    """Its health: one word, and what that state knows."""
    columns: Columns = dict.fromkeys(("reason", "usable_until", "since", "believed"))
    columns["health"] = HEALTH_WORDS[type(health)]
    match health:
        case Degraded(usable_until=until, reason=reason, believed=believed):
            columns |= {"usable_until": until, "reason": reason.value, "believed": believed}
        case NeedsReauth(reason=reason, since=since):
            columns |= {"reason": reason.value, "since": since, "believed": True}
        case _:
            pass
    return columns


def schedule_columns(schedule: Schedule) -> Columns:
    """Where its renewal stands."""
    return {
        "due_at": schedule.due_at,
        **attempt_columns(schedule.attempt),
        "failures": schedule.failures,
        "last_failure": schedule.last_failure,
        "in_doubt": schedule.in_doubt,
        "settled_at": schedule.settled_at,
        **refusals_columns(schedule.refusals),
        "restored": schedule.restored and schedule.restored.value,
    }


def refusals_columns(refusals: Refusals | None) -> Columns:
    """The refusals of its generation, or that there were none. `probed` is for processes of the version before."""
    return {
        "refused_at": refusals and refusals.first_at,
        "refused_last_at": refusals and refusals.last_at,
        "access_works": refusals and refusals.access_works,
        "in_line": refusals is not None and refusals.in_line,
        "probed": refusals and not refusals.awaits_probe,
    }


def attempt_columns(attempt: Attempt | None) -> Columns:
    """The claim on it, or that there is none."""
    return {
        "attempt_id": attempt and attempt.id,
        "attempt_host": attempt and attempt.host,
        "attempt_started_at": attempt and attempt.started_at,
        "attempt_lease_until": attempt and attempt.lease_until,
    }


def connection_row(connection: Connection, grant: Grant) -> Columns:
    """A connection under this grant."""
    advertiser = connection.advertiser
    return {
        "id": connection.id,
        "grant_id": grant.id,
        "owner": connection.owner,
        "provider": grant.provider,
        "advertiser_id": advertiser.id,
        "name": advertiser.name,
        "currency": advertiser.currency,
        "timezone": advertiser.timezone,
        "status": advertiser.status,
        "standing": advertiser.standing.value,
        "created_at": connection.created_at,
        "lost_at": connection.lost_at,
        "former_id": connection.former_id,
        "times_connected": connection.times_connected,
        "missing_since": connection.missing_since,
    }


def grant_of(row: Row[Any], reach: Iterable[AdvertiserId] = (), connections: Iterable[Connection] = ()) -> Grant:
    """A row as the grant it was, with what other tables hold of it."""
    return Grant(
        id=row.id,
        owner=row.owner,
        app=row.app,
        tokens=tokens_of(row),
        fingerprint=row.fingerprint,
        created_at=row.created_at,
        generation=row.generation,
        health=health_of(row),
        schedule=schedule_of(row),
        reach=frozenset(reach),
        connections={c.id: c for c in connections},
        provider=row.provider,
        origin=TokenOrigin(row.auth_version, TokenTerm(row.token_term)),
        reach_read_at=row.reach_read_at,
    )


def tokens_of(row: Row[Any]) -> Tokens | None:
    """The tokens of a row, still sealed."""
    if row.access is None or row.issued_at is None:
        return None
    if row.refresh is None or row.access_expires_at is None:
        return LongTerm(Sealed(row.access), row.issued_at)
    return Expiring(
        access=Sealed(row.access),
        refresh=Sealed(row.refresh),
        issued_at=row.issued_at,
        access_expires_at=row.access_expires_at,
        refresh_expires_at=row.refresh_expires_at,
        assumed=bool(row.assumed),
    )


def health_of(row: Row[Any]) -> Health:
    """The health of a row."""
    match row.health:
        case "active":
            return Active()
        case "degraded":
            return Degraded(row.usable_until, Reason(row.reason), believed=row.believed is not False)
        case "needs_reauth":
            return NeedsReauth(Reason(row.reason), since=row.since)
        case "revoked":
            return Revoked()
        case "superseded":
            return Superseded()
        case _:
            return unknown_health(row)


def unknown_health(row: Row[Any]) -> Health:
    """What a health counts as that a newer version wrote: no sweep takes such a row, and what there is is served to its end."""
    reason = Reason(row.reason)
    if row.access is not None and row.access_expires_at is not None:
        return Degraded(row.access_expires_at, reason, believed=True)
    return NeedsReauth(reason, since=row.since or row.settled_at or row.created_at)


def schedule_of(row: Row[Any]) -> Schedule:
    """The renewal of a row."""
    attempt = None
    if row.attempt_id is not None:
        attempt = Attempt(AttemptId(row.attempt_id), row.attempt_host, row.attempt_started_at, row.attempt_lease_until)
    return Schedule(
        due_at=row.due_at,
        attempt=attempt,
        failures=row.failures,
        last_failure=row.last_failure,
        in_doubt=row.in_doubt,
        settled_at=row.settled_at,
        refusals=refusals_of(row),
        restored=Restored(row.restored) if row.restored else None,
    )


def refusals_of(row: Row[Any]) -> Refusals | None:
    """The refusals of a row. The version before kept the first one alone, and whether the token was probed."""
    if row.health not in {"degraded", "needs_reauth"} or row.restored:
        return None
    first_at = row.refused_at or row.settled_at or row.created_at
    in_line = row.in_line or (row.access_works is None and bool(row.probed))
    return Refusals(first_at, row.refused_last_at or first_at, row.access_works, in_line)


def connection_of(row: Row[Any]) -> Connection:
    """A row as the connection it was."""
    advertiser = Advertiser(row.advertiser_id, row.name, row.currency, row.timezone, row.status, Standing(row.standing))
    return Connection(
        id=row.id,
        owner=row.owner,
        advertiser=advertiser,
        created_at=row.created_at,
        lost_at=row.lost_at,
        former_id=row.former_id,
        times_connected=row.times_connected,
        missing_since=row.missing_since,
    )
