"""The counts of all processes together, as rows."""

import json
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete, select

from adapters.sql import tables
from adapters.sql.bulk_writes import put_many, upsert
from adapters.sql.database import Database, time_of
from application.ports.clock import Clock
from application.ports.metrics import REPORT_VALID, Sample

FORGOTTEN_AFTER = timedelta(days=1)

total, report = tables.metric_totals.c, tables.process_metrics.c


class SqlMetricStore:
    """A row a number, to which each process adds; dated by the database's clock unless one is given."""

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock

    def add(self, counts: Mapping[Sample, float], latest: Mapping[Sample, float]) -> None:
        with self._database.changing() as connection:
            if counts:
                putting = upsert(connection, tables.metric_totals)
                added = {"value": total.value + putting.excluded.value}
                connection.execute(
                    putting.on_conflict_do_update(index_elements=["name", "labels"], set_=added).returning(total.name),
                    rows_of(counts),
                )
            if latest:
                put_many(connection, tables.metric_totals, rows_of(latest))
            connection.commit()

    def totals(self) -> Mapping[Sample, float]:
        with self._database.reading() as connection:
            rows = connection.execute(select(total.name, total.labels, total.value)).all()
        return {(row.name, tuple(json.loads(row.labels))): row.value for row in rows}

    def report(self, process: str, gauges: Mapping[Sample, float]) -> None:
        with self._database.changing() as connection:
            now = time_of(connection, self._clock)
            said = [(name, labels, value) for (name, labels), value in sorted(gauges.items())]
            put_many(connection, tables.process_metrics, [{"process": process, "at": now, "gauges": said}])
            connection.execute(delete(tables.process_metrics).where(report.at < now - FORGOTTEN_AFTER))
            connection.commit()

    def withdraw(self, process: str) -> None:
        with self._database.changing() as connection:
            connection.execute(delete(tables.process_metrics).where(report.process == process))
            connection.commit()

    def reports(self) -> Mapping[str, Mapping[Sample, float]]:
        with self._database.reading() as connection:
            since = time_of(connection, self._clock) - REPORT_VALID
            rows = connection.execute(select(tables.process_metrics).where(report.at >= since).order_by(report.process)).all()
        return {row.process: {(name, labels): value for name, labels, value in row.gauges} for row in rows}


def rows_of(samples: Mapping[Sample, float]) -> list[dict[str, object]]:
    """In one order for all processes, so that none waits for another that waits for it."""
    return [{"name": name, "labels": json.dumps(labels), "value": value} for (name, labels), value in sorted(samples.items())]
