"""The command `refresh`."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import click

from application.rotate_grant import Rotated
from application.rotation.claim_results import Ended
from application.rotation.outage_aware_claims import HOLD_BACK
from application.rotation.permit_turn import STOP_POLL
from application.rotation.sweep_in_batches import SweepReport
from domain.audit_trail import Act, AuditRecord
from domain.errors import ConnectionNotFound, Refusal, StoreUnavailable
from domain.ids import ConnectionId
from entrypoints.cli.configuration import configured, durable
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure, obstacle, sentence
from entrypoints.cli.operator_name import operator
from entrypoints.cli.progress import interruptible, telling
from entrypoints.container import Container

SHARED_WITHIN = timedelta(seconds=45)
"""How long a rotation that somebody else has in flight is waited for: a lease, and the calls behind it."""

STEADY_WITHIN = 3 * HOLD_BACK
"""How long a steady contact with the database is waited for, where it is not steady."""

ASK_AGAIN = timedelta(milliseconds=500)


@click.command()
@click.option("--connection", "connection", metavar="ID", help="The grant of this connection, refused before or not.")
@click.option("--due", is_flag=True, help="Every grant that is due, as the sweep does. The default.")
@click.option("--all", "everything", is_flag=True, help="Every grant, due or not.")
def refresh(connection: str | None, *, due: bool, everything: bool) -> None:
    """Renew tokens now. Exit 1 when something could not be renewed."""
    if (connection is not None) + due + everything > 1:
        raise click.UsageError("--connection, --due and --all exclude one another.")
    with attended(durable(configured())) as work:
        note_asked(work.container, connection, "all" if everything else "due")
        if connection is not None:
            told, left = refresh_one(work, ConnectionId(connection)), ""
        else:
            report = refresh_many(work, everything=everything)
            told, left = figures(report), what_is_left(report, interrupted=work.stopping())
    click.echo(told)
    if left:
        raise CommandFailure(left)


@dataclass(frozen=True, slots=True)
class Attended:
    """A container with its upkeep thread beside it, for a person who watches."""

    container: Container
    stopping: Callable[[], bool]
    tell: Callable[[str], None]

    def wait_for_the_doubtful(self) -> bool:
        """Wait until grants in doubt are claimed, as `OutageAwareClaims` has it. Whether they were not before, and are now."""
        claims, clock = self.container.claims(), self.container.clock()
        began, waited = clock.monotonic(), False
        while (left := claims.steady_in()) and clock.monotonic() - began < STEADY_WITHIN and not self.stopping():
            self.tell(
                f"waiting {math.ceil(left.total_seconds())} s more for grants in doubt: another host may hold their answers"
            )
            clock.sleep(STOP_POLL)
            waited = True
        return waited and not left


@contextmanager
def attended(container: Container) -> Iterator[Attended]:
    """Keep in touch with the database as a worker does, and tell what goes on. Ctrl-C and SIGTERM end it in order."""
    upkeep_thread = container.upkeep_thread()
    with interruptible() as stopping, telling("looking for grants…") as tell:
        upkeep_thread.start()
        try:
            yield Attended(container, stopping, tell)
        finally:
            upkeep_thread.stop()


def note_asked(container: Container, connection: str | None, which: str) -> None:
    """Have it in the audit trail before it is done. Raises StoreUnavailable."""
    subject, detail = (ConnectionId(connection), "") if connection else (None, which)
    container.audit_batch().note(
        AuditRecord(Act.REFRESH_ASKED, operator(), container.clock().now(), connection=subject, detail=detail)
    )
    container.audit_batch().write()


def refresh_one(work: Attended, connection: ConnectionId) -> str:
    """Renew the grant of one connection, or share a renewal that is under way; returns what to say of it.

    Raises Trouble, StoreUnavailable.
    """
    clock, rotate = work.container.clock(), work.container.rotate_grant()
    asked_at = clock.now()
    try:
        owner = work.container.find_owner()(connection)
    except ConnectionNotFound:
        raise there_is_none(connection) from None
    if in_doubt(work.container, connection):
        work.wait_for_the_doubtful()
    began = clock.monotonic()
    while clock.monotonic() - began < SHARED_WITHIN:
        if work.stopping():
            raise CommandFailure(f"stopped before connection {connection} was renewed")
        try:
            outcome = rotate(connection, owner=owner, asked_at=asked_at, insist=True)
        except ConnectionNotFound:
            raise there_is_none(connection) from None
        except StoreUnavailable:
            raise
        except Refusal as refusal:
            raise CommandFailure(f"connection {connection} was not renewed: {sentence(refusal)}") from None
        if isinstance(outcome, Rotated):
            until = outcome.token_expires_at
            return f"renewed; good until {until:%Y-%m-%d %H:%M:%S} UTC" if until else "the token without an end works"
        work.tell("waiting for a renewal that is under way elsewhere")
        clock.sleep(ASK_AGAIN)
    raise CommandFailure(f"connection {connection} is still being renewed elsewhere: try again in a minute")


def there_is_none(connection: ConnectionId) -> CommandFailure:
    """What to say of a connection that is not there, or not any more."""
    return CommandFailure(f"there is no connection {connection}: `tiktok-connect status` counts those that there are")


def in_doubt(container: Container, connection: ConnectionId) -> bool:
    """Whether the connection's refresh token may be spent, and nobody is at it."""
    with container.store().read() as work:
        grant = work.grants.of_connection(connection)
    if grant is None or grant.in_flight(container.clock().now()):
        return False
    return grant.schedule.doubtful


def refresh_many(work: Attended, *, everything: bool) -> SweepReport:
    """Renew what is due, or everything."""
    sweep, since = work.container.sweep_due_grants(), work.container.clock().now()
    run = partial(sweep.everything, since=since) if everything else sweep
    return run(
        stopping=work.stopping,
        progress=lambda report: work.tell(so_far(report)),
        patience=work.wait_for_the_doubtful,
    )


def so_far(report: SweepReport) -> str:
    """Figures in the words of the cron endpoint."""
    return f"refreshed {report.refreshed}, failed {report.failed}, skipped {report.skipped}"


def figures(report: SweepReport) -> str:
    """All figures, in one line."""
    return f"{so_far(report)}, remaining {report.unreached}"


def what_is_left(report: SweepReport, *, interrupted: bool) -> str:
    """What was not renewed, why, and what to do; empty when all was."""
    told = list[str]()
    if interrupted and report.remaining:
        told.append("stopped before all was renewed: run it again for the rest")
    elif report.stopped_by:
        told.append(f"{obstacle(report.stopped_by)}: run it again later")
    refusals = [swept.reason for swept in report.swept.values() if swept.ended is Ended.REFUSED]
    if asked := sum(reason is not None for reason in refusals):
        told.append(f"TikTok refused {asked}: their users have to connect the accounts again, as their pages say")
    if unasked := len(refusals) - asked:
        told.append(f"TikTok refused {unasked}: they are tried again by themselves before anybody is asked to act")
    told += [f"{count} {why}" for ended, why in REASONS.items() if (count := report.count(ended))]
    if report.unreached and not told:
        told.append(f"{report.unreached} are in doubt, or under way elsewhere: run it again in a minute")
    return "; ".join(told)


REASONS = {
    Ended.IN_DOUBT: "got no clear answer: they are tried again by themselves",
    Ended.THROTTLED: "came at a time when TikTok takes no more calls: run it again later",
    Ended.UNAVAILABLE: "could not be asked for: see that TikTok can be reached, and run it again",
    Ended.MISCONFIGURED: "can't be renewed with this configuration: `tiktok-connect doctor` says what to correct",
    Ended.OUR_FAULT: "were refused as wrong requests: a bug to report, with the code in the log",
    Ended.UNSENT: "were given back: run it again",
}
