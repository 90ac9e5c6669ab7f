"""The command `spend import`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from application.ports.spend_store import SpendAccount, SpendImport
from application.spend.import_slice import ImportSlice
from domain.ids import ConnectionId
from domain.spend_calendar import Window
from entrypoints.cli.configuration import configured, durable
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.cli.progress import interruptible, telling
from entrypoints.cli.spans_of_days import span, span_options
from entrypoints.container import Container

TOLD_EVERY = timedelta(seconds=5)
USUAL_DAYS = 7


@click.command("import")
@click.option("--connection", metavar="ID", help="The account of this connection alone.")
@span_options
@click.option("--json", "as_json", is_flag=True, help="Tell of each account as JSON.")
def import_now(connection: str | None, first: datetime | None, last: datetime | None, *, as_json: bool) -> None:
    """Import ad spend now: all that is due, or these days. Exit 1 when an account could not be read."""
    container = durable(configured())
    upkeep_thread = container.upkeep_thread()
    upkeep_thread.start()
    try:
        with interruptible() as stopping, telling("looking for accounts…") as tell:
            run = SpendRun(container, stopping, tell)
            days = span(first, last, today=container.clock().now().date(), days=USUAL_DAYS) if first or last else None
            run(ConnectionId(connection) if connection else None, days)
        imports = [one for one in container.spend_store().imports() if run.concerns(one)]
    finally:
        upkeep_thread.stop()
        container.database().dispose()
    failed = [one for one in imports if one.progress.last_failure]
    if as_json:
        click.echo(json.dumps({"read": run.read, "failed": len(failed), "accounts": [told(one) for one in imports]}))
    else:
        for one in failed:
            click.echo(f"left: account {one.of.account} of user {one.of.owner}: {one.progress.last_failure}")
        click.echo(f"{run.read} pieces read, {len(failed)} of {len(imports)} accounts failed")
    if run.stopped_because:
        raise CommandFailure(f"stopped: {run.stopped_because}: run it again later")
    if failed:
        raise CommandFailure(f"{len(failed)} accounts could not be read: each is tried again by itself")


@dataclass(slots=True)
class SpendRun:
    """One run of the command."""

    container: Container
    stopping: Callable[[], bool]
    tell: Callable[[str], None]
    read: int = 0
    stopped_because: str | None = None
    only: SpendAccount | None = None

    def __call__(self, connection: ConnectionId | None, days: Window | None) -> None:
        """Import. Raises CommandFailure, StoreUnavailable."""
        importer = self.container.import_spend()
        importer.follow(stopping=self.stopping)
        self.only = self._account(connection) if connection else None
        if self.only is not None or days is not None:
            self._each((one.of for one in self.container.spend_store().imports() if self.concerns(one)), days)
            return
        while not self.stopping() and self._counted(turn := importer(for_at_most=TOLD_EVERY, stopping=self.stopping)):
            self.tell(f"{self.read} pieces read, {turn.failures} accounts failed")

    def concerns(self, one: SpendImport) -> bool:
        """Whether this account was asked for, and is connected."""
        return one.left_at is None and self.only in {None, one.of}

    def _each(self, accounts: Iterable[SpendAccount], days: Window | None) -> None:
        for of in accounts:
            turn = self.container.import_spend().account(of, window=days, stopping=self.stopping)
            if turn is None:
                raise CommandFailure(f"account {of.account} is being imported by another process: try again in a minute")
            self._counted(turn)
            self.tell(f"{self.read} pieces read")
            if self.stopping() or self.stopped_because:
                return

    def _counted(self, turn: ImportSlice) -> bool:
        """Whether there may be more to do."""
        self.read += turn.readings
        self.stopped_because = turn.stopped_because
        return bool(turn.readings or turn.failures) and turn.stopped_because is None

    def _account(self, connection: ConnectionId) -> SpendAccount:
        with self.container.store().read() as work:
            grant = work.grants.of_connection(connection)
        if grant is None:
            raise CommandFailure(f"there is no connection {connection}: `tiktok-connect status` counts those that there are")
        return SpendAccount(grant.owner, grant.connection(connection).advertiser.id)


def told(one: SpendImport) -> dict[str, object]:
    """How an account's import stands."""
    return {
        "user": one.of.owner,
        "account": one.of.account,
        "readBackTo": one.progress.read_back_to and one.progress.read_back_to.isoformat(),
        "dueAt": one.due_at.isoformat(),
        "failure": one.progress.last_failure,
    }
