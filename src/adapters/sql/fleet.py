"""The figures of the fleet, from rows."""

from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from adapters.sql import tables
from adapters.sql.database import Database
from adapters.sql.owner_tallies import SqlOwnerTallies
from application.ports.fleet import HORIZONS, FleetView, GrantCount
from domain.owner_tally import ALARM_WINDOW

row = tables.grants.c


class SqlFleet:
    """The figures of the fleet, from one look at every grant and one moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, now: datetime, *, overdue_after: timedelta) -> FleetView:
        trouble = or_(row.due_at <= now, row.failures > 0, row.health == "degraded")
        figures = {
            "due": and_(tables.ROTATABLE, row.due_at <= now),
            "overdue": and_(tables.ROTATABLE, row.due_at < now - overdue_after),
            "in_doubt": and_(row.in_doubt, row.health == "active"),
            **{f"at_risk_{i}": and_(tables.SERVED, row.access_expires_at <= now + h, trouble) for i, h in enumerate(HORIZONS)},
        }
        grouped = select(
            row.app,
            row.health,
            func.count(row.id).label("grants"),
            *(func.count(row.id).filter(which).label(name) for name, which in figures.items()),
        ).group_by(row.app, row.health)
        offers = tables.offers.c
        is_open = and_(offers.chosen.is_(None), ~offers.closed, offers.expires_at > now)
        with self._database.reading() as connection:
            rows = connection.execute(grouped.order_by(row.app, row.health)).all()
            revocations = connection.scalar(select(func.count()).select_from(tables.revocations)) or 0
            open_offers = connection.scalar(select(func.count()).select_from(tables.offers).where(is_open)) or 0
            connections = connection.scalar(select(func.count()).select_from(tables.connections)) or 0
        tallies = SqlOwnerTallies(self._database)
        total = {name: sum(getattr(r, name) for r in rows) for name in figures}
        return FleetView(
            at=now,
            grants=tuple(GrantCount(r.app, r.health, r.grants) for r in rows),
            due=total["due"],
            overdue=total["overdue"],
            in_doubt=total["in_doubt"],
            at_risk=tuple((h, total[f"at_risk_{i}"]) for i, h in enumerate(HORIZONS)),
            pending_revocations=revocations,
            open_offers=open_offers,
            connections=connections,
            answered=tuple((app, tallies.since(app, now - ALARM_WINDOW)) for app in sorted({r.app for r in rows})),
        )
