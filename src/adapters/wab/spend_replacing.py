"""A connection's days in the dashboard's table of spend: read, compared with ours, and replaced as a whole."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Connection, DateTime, and_, any_, cast, delete, func, insert, literal, select

from adapters.wab.columns_and_privileges import TableShape
from adapters.wab.dashboard_tables import IS_TIKTOKS, NOW, ad_spend, connections
from domain.delivered_spend import DaysToDeliver, DeliveredRow

ROWS_AT_ONCE = 1000
"""In one statement, which is bounded in time."""

LARGEST: Mapping[str, int] = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}

OF_A_ROW = ("campaign_id", "campaign_name", "spend", "impressions", "clicks", "currency")

Days = Mapping[date, Sequence[DeliveredRow]]


class DashboardSpend:
    """One connection's days, in one transaction, in a table of this shape."""

    def __init__(self, connection: Connection, shape: TableShape, name: UUID) -> None:
        self._connection, self._shape, self._name = connection, shape, name

    def fitting(self, desired: DaysToDeliver) -> tuple[Days, dict[date, str]]:
        """The days as the columns take them, and why others do not fit."""
        days, refused = dict[date, Sequence[DeliveredRow]](), dict[date, str]()
        for day, rows in desired.days.items():
            if line := next((line for row in rows for line in self._misfits(row)), None):
                refused[day] = line
            else:
                days[day] = sorted(
                    replace(row, campaign_name=self._shape.cut(row.campaign_name, "campaign_name")) for row in rows
                )
        return days, refused

    def different(self, days: Days) -> frozenset[date]:
        """The days that are not there so."""
        row = ad_spend.c
        query = select(row.date, *(row[name] for name in OF_A_ROW)).where(self._are_of(days))
        there = defaultdict[date, list[DeliveredRow]](list)
        for one in self._connection.execute(query):
            there[one.date.date()].append(DeliveredRow(one[1], one[2] or "", *one[3:]))
        return frozenset(day for day, rows in days.items() if sorted(there[day]) != list(rows))

    def replace(self, days: Days) -> None:
        """Have these days be there so, and nothing else on them."""
        if not days:
            return
        self._connection.execute(delete(ad_spend).where(self._are_of(days)))
        rows = [(midnight(day), row) for day, of_day in days.items() for row in of_day]
        for first in range(0, len(rows), ROWS_AT_ONCE):
            self._add(rows[first : first + ROWS_AT_ONCE])

    def _add(self, rows: Sequence[tuple[datetime, DeliveredRow]]) -> None:
        """Insert rows by a parameter a column."""
        columns = {
            "date": [moment for moment, _ in rows],
            "campaign_id": [row.campaign for _, row in rows],
            "campaign_name": [row.campaign_name for _, row in rows],
            "spend": [row.spend for _, row in rows],
            "impressions": [row.impressions for _, row in rows],
            "clicks": [row.clicks for _, row in rows],
            "currency": [row.currency for _, row in rows],
        }
        arrays = [cast(literal(of, ARRAY(ad_spend.c[name].type)), ARRAY(ad_spend.c[name].type)) for name, of in columns.items()]
        values = func.unnest(*arrays).table_valued(*columns).render_derived()
        beside = values.join(connections, and_(*self._is_ours))
        of_connection = select(func.gen_random_uuid(), connections.c.id, NOW, *values.c).select_from(beside)
        self._connection.execute(insert(ad_spend).from_select(["id", "connection_id", "created_at", *columns], of_connection))

    @property
    def _is_ours(self) -> tuple[ColumnElement[bool], ...]:
        return (connections.c.id == self._name, IS_TIKTOKS)

    def _are_of(self, days: Collection[date]) -> ColumnElement[bool]:
        moments = literal([midnight(day) for day in days], ARRAY(DateTime))
        ours = select(connections.c.id).where(*self._is_ours)
        return and_(ad_spend.c.connection_id.in_(ours), ad_spend.c.date == any_(moments))

    def _misfits(self, row: DeliveredRow) -> Iterator[str]:
        """Why the columns do not take a row as it is: an amount that would be rounded is another amount."""
        columns = self._shape.columns
        if (spend := columns.get("spend")) and spend.digits is not None:
            whole, behind = spend.digits
            if abs(row.spend) >= 10**whole or round(row.spend, behind) != row.spend:
                yield f"an amount does not fit its column spend ({whole} digits before the point, {behind} behind it)"
        for name, count in (("impressions", row.impressions), ("clicks", row.clicks)):
            if (column := columns.get(name)) and count > LARGEST.get(column.type, count):
                yield f"a number does not fit its column {name} ({column.type})"
        for name, text in (("campaign_id", row.campaign), ("currency", row.currency)):
            if (column := columns.get(name)) and column.width is not None and len(text) > column.width:
                yield f"a text does not fit its column {name} ({column.width} characters)"


def midnight(day: date) -> datetime:
    """As the dashboard dates a day's spend."""
    return datetime.combine(day, time())
