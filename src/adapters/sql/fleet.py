"""The figures of the fleet, from rows."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, and_, extract, func, literal, select, text, type_coerce, union

from adapters.sql import tables
from adapters.sql.column_types import Utc
from adapters.sql.database import Database
from adapters.sql.owner_tallies import SqlOwnerTallies
from application.ports.claims_and_settlements import TokenModel
from application.ports.fleet import HORIZONS, YEAR_ENDS, FleetView, GrantCount, ReasonCount
from domain.ids import AppId
from domain.owner_tally import ALARM_WINDOW

row = tables.grants.c

ActiveGrants = dict[tuple[AppId, str], int]
"""How many grants of an app and a token model are active."""

HOUR = timedelta(hours=1)

ACTIVE = text("health = 'active'")


class SqlFleet:
    """The figures of the fleet at one moment. All but the count of active grants and of connections cost what they tell."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counted: tuple[datetime, ActiveGrants, int] | None = None

    def counts(self, now: datetime, *, overdue_after: timedelta, totals_may_be: timedelta = timedelta(0)) -> FleetView:
        offers = tables.offers.c
        is_open = and_(offers.chosen.is_(None), ~offers.closed, offers.expires_at > now)
        with self._database.reading() as connection:
            apps = list(apps_in_use(connection))
            active, connections = self._totals(connection, apps, now, totals_may_be)
            others = reasons(connection)
            due, overdue, oldest_due_at = due_grants(connection, apps, now, overdue_after)
            in_doubt = connection.scalar(select(func.count()).select_from(tables.grants).where(tables.DOUBTFUL)) or 0
            at_risk = risks(connection, apps, now)
            lapsed = sum(lapsed_grants(connection, app, now) for app in apps)
            year_ends = ends_of_years(connection, now)
            revocations = connection.scalar(select(func.count()).select_from(tables.revocations)) or 0
            open_offers = connection.scalar(select(func.count()).select_from(tables.offers).where(is_open)) or 0
        tallies = SqlOwnerTallies(self._database)
        by_health = Counter[tuple[AppId, str]]()
        for (app, _), count in active.items():
            by_health[app, "active"] += count
        for one in others:
            by_health[one.app, one.health] += one.grants
        return FleetView(
            at=now,
            grants=tuple(GrantCount(app, health, count) for (app, health), count in sorted(by_health.items()) if count),
            due=due,
            overdue=overdue,
            in_doubt=in_doubt,
            at_risk=at_risk,
            pending_revocations=revocations,
            open_offers=open_offers,
            connections=connections,
            answered=tuple((app, tallies.since(app, now - ALARM_WINDOW)) for app in apps),
            reasons=tuple(one for one in others if one.health in {"degraded", "needs_reauth"}),
            oldest_due_at=oldest_due_at,
            sustainable=sum(count for (_, kind), count in active.items() if kind == TokenModel.EXPIRING.value),
            lapsed=lapsed,
            year_ends=year_ends,
        )

    def _totals(self, connection: Connection, apps: list[AppId], now: datetime, may_be: timedelta) -> tuple[ActiveGrants, int]:
        """Active grants by app and kind, and connections: the figures that grow with the fleet, which are kept for a while."""
        with self._lock:
            if self._counted and timedelta(0) <= now - self._counted[0] < may_be:
                return self._counted[1:]
            active = {(app, kind.value): active_grants(connection, app, kind) for app in apps for kind in TokenModel}
            connections = connection.scalar(select(func.count()).select_from(tables.connections)) or 0
            self._counted = now, active, connections
            return active, connections


def apps_in_use(connection: Connection) -> Iterator[AppId]:
    """Each app once: the index is asked for the next one, and not walked."""
    last = ""
    while (app := connection.scalar(select(row.app).where(row.app > last).order_by(row.app).limit(1))) is not None:
        yield app
        last = app


def active_grants(connection: Connection, app: AppId, kind: TokenModel) -> int:
    """Every one is looked at."""
    these = and_(row.app == app, row.kind == kind.value, ACTIVE)
    return connection.scalar(select(func.count()).select_from(tables.grants).where(these)) or 0


def reasons(connection: Connection) -> list[ReasonCount]:
    """Grants that are not active, by app, health and reason."""
    by = (row.app, row.health, row.reason)
    rows = connection.execute(select(*by, func.count().label("grants")).where(tables.NOT_ACTIVE).group_by(*by)).all()
    return sorted(
        (ReasonCount(r.app, r.health, r.reason or "", r.grants) for r in rows), key=lambda c: (c.app, c.health, c.reason)
    )


def due_grants(
    connection: Connection, apps: list[AppId], now: datetime, overdue_after: timedelta
) -> tuple[int, int, datetime | None]:
    """How many are due, how many have been for too long, and since when the oldest is."""
    due, overdue, oldest = 0, 0, list[datetime]()
    for app in apps:
        for kind in TokenModel:
            overdue_here = func.count().filter(row.due_at < now - overdue_after)
            these = and_(row.app == app, row.kind == kind.value, tables.ROTATABLE, row.due_at <= now)
            counted = connection.execute(select(func.count(), overdue_here, func.min(row.due_at)).where(these)).one()
            due, overdue = due + counted[0], overdue + counted[1]
            oldest += [counted[2]] if counted[2] else []
    return due, overdue, min(oldest, default=None)


def risks(connection: Connection, apps: list[AppId], now: datetime) -> tuple[tuple[timedelta, int], ...]:
    """Tokens at risk within each horizon, of those that are due, failing or degraded."""
    expiring = and_(tables.SERVED, row.access_expires_at <= now + max(HORIZONS))
    troubled = select(row.id, row.access_expires_at, row.urgent_at).where(tables.TROUBLED, expiring)
    due = [
        select(row.id, row.access_expires_at, row.urgent_at).where(
            row.app == app, row.kind == TokenModel.EXPIRING.value, tables.ROTATABLE, row.due_at <= now, expiring
        )
        for app in apps
    ]
    tokens = union(troubled, *due).cte("tokens")
    span = seconds_in_postgresql if connection.dialect.name == "postgresql" else seconds_in_sqlite
    last_hour = span(tokens.c.urgent_at, tokens.c.access_expires_at)
    remaining = span(literal(now, Utc), tokens.c.access_expires_at)
    within = [func.count().filter(remaining <= last_hour * literal(horizon / HOUR, Float)) for horizon in HORIZONS]
    counted = connection.execute(select(*within).select_from(tokens)).one()
    return tuple(zip(HORIZONS, counted, strict=True))


def seconds_in_postgresql(begin: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[float]:
    """From one time to the other."""
    return type_coerce(extract("epoch", end) - extract("epoch", begin), Float)


def seconds_in_sqlite(begin: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[float]:
    """The same, to the millisecond."""
    days = func.julianday(end, type_=Float) - func.julianday(begin, type_=Float)
    return func.round(days * 86_400.0, 3, type_=Float)


def lapsed_grants(connection: Connection, app: AppId, now: datetime) -> int:
    """Active grants whose access token is over."""
    over = and_(row.app == app, row.kind == TokenModel.EXPIRING.value, tables.ROTATABLE, row.access_expires_at <= now)
    return connection.scalar(select(func.count()).select_from(tables.grants).where(over, ACTIVE)) or 0


def ends_of_years(connection: Connection, now: datetime) -> tuple[tuple[timedelta, int], ...]:
    """Connected grants whose refresh token ends within each span."""
    within = [func.count().filter(row.refresh_expires_at <= now + span) for span in YEAR_ENDS]
    ending = and_(tables.HELD, row.refresh_expires_at <= now + max(YEAR_ENDS))
    counted = connection.execute(select(*within).select_from(tables.grants).where(ending)).one()
    return tuple(zip(YEAR_ENDS, counted, strict=True))
