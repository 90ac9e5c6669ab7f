"""Reports that are made by a task: slow, and never cut."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..campaigns.seeded_numbers import seeded_id
from ..replies import PARAMETER_ERROR, Reply, failure, success
from .integrated import Account, Report
from .request import ReportRequest

STEPS: Final = ("QUEUING", "PROCESSING", "SUCCESS")
"""What one look after the other is told."""


@dataclass(slots=True)
class Task:
    """A report under way."""

    report: Report
    looked_at: int = 0

    @property
    def done(self) -> bool:
        return self.looked_at >= len(STEPS)


class ReportTasks:
    """The tasks of all accounts. They are forgotten when the simulator ends."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, str], Task] = {}

    def clear(self) -> None:
        """Forget all."""
        self._tasks.clear()

    def create(self, accounts: Sequence[Account], request: ReportRequest, now: datetime) -> Reply:
        """`POST /report/task/create/`."""
        task_id, advertiser_id = seeded_id("task", len(self._tasks)), accounts[0][0].advertiser_id
        self._tasks[advertiser_id, task_id] = Task(Report(accounts, request, now, cut=False))
        return success({"task_id": task_id})

    def check(self, advertiser_id: str, task_id: str) -> Reply:
        """`GET /report/task/check/`."""
        task = self._tasks.get((advertiser_id, task_id))
        if task is None:
            return failure(PARAMETER_ERROR, f"task_id: there is no task {task_id}.")
        status = STEPS[min(task.looked_at, len(STEPS) - 1)]
        task.looked_at += 1
        return success({"status": status, "message": ""})

    def download(self, advertiser_id: str, task_id: str) -> Reply:
        """`GET /report/task/download/`: the file, as CSV."""
        task = self._tasks.get((advertiser_id, task_id))
        if task is None or not task.done:
            return failure(PARAMETER_ERROR, f"task_id: there is no finished task {task_id}.")
        return {**success({}), "csv": _csv(task.report)}


def _csv(report: Report) -> str:
    file = io.StringIO()
    columns = [*report.request.dimensions, *(name for name in report.request.metrics if name not in report.request.dimensions)]
    writer = csv.DictWriter(file, columns, extrasaction="ignore")
    writer.writeheader()
    for row in report.rows():
        shown = report.shown(row)
        writer.writerow({**shown["metrics"], **shown["dimensions"]})
    return file.getvalue()
