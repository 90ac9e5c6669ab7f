"""The sweep for those who have a scheduler and no worker."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from functools import partial
from threading import Event

from litestar import route
from litestar.enums import HttpMethod
from msgspec import UNSET

from application.clear_offers import ClearOffers
from application.deliver_events import DeliverEvents
from application.import_spend import ImportSpend
from application.ports.clock import Clock
from application.ports.webhook_receiver import SENT_WITHIN
from application.revoke_tokens import RevokeTokens
from application.rotation.sweep_in_batches import SweepReport
from application.sweep_due_grants import SweepDueGrants
from domain.errors import Refusal, StoreUnavailable
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.bodies import CronReport, GrantError
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.openapi import each_method
from entrypoints.http.exception_to_error_code import code_of_ending
from entrypoints.settings import Settings

log = logging.getLogger(__name__)

BOUND = timedelta(seconds=25)
"""How long the call may take: schedulers that call over HTTP often give up after 30 s."""

MARGIN = timedelta(seconds=1)
"""For the settling of the last call."""

IMPORT_SLICE = timedelta(seconds=5)
"""How long a call begins with further accounts' spend."""

DELIVERY_SLICE = timedelta(seconds=5)
"""How long a call begins with further webhooks."""

ERRORS_SHOWN = 20


@route(
    "/api/cron/tiktok-refresh",
    http_method=[HttpMethod.GET, HttpMethod.POST],
    status_code=200,
    operation_id=each_method("refreshDueTokens", usual=HttpMethod.POST),
    summary="Refresh what is due",
    tags=["services"],
    responses=failures.CRON,
)
async def sweep_now(  # noqa: PLR0913, PLR0917 (each is one thing that a scheduler's call has done)
    sweep_due_grants: Injected[SweepDueGrants],
    clear_offers: Injected[ClearOffers],
    revoke_tokens: Injected[RevokeTokens],
    import_spend: Injected[ImportSpend],
    deliver_events: Injected[DeliverEvents],
    settings: Injected[Settings],
    clock: Injected[Clock],
    sweeping: Injected[Executor],
    closing: Injected[Event],
) -> CronReport:
    """One sweep, bounded to 25 s; what it doesn't reach is `remaining`, counted in grants.

    Ad spend is imported and webhooks are delivered meanwhile.
    """
    began, policy = clock.monotonic(), revoke_tokens.policy

    def after(span: timedelta) -> bool:
        return closing.is_set() or clock.monotonic() - began >= span

    last_call = BOUND - policy.call_timeout - MARGIN
    last_revocation = last_call - policy.lease / 4
    sweep = partial(
        sweep_due_grants,
        for_at_most=last_call - (clock.monotonic() - began),
        called_every=settings.cron.interval,
        stopping=partial(after, last_call),
    )
    steps: list[Callable[[], object]] = [clear_offers, partial(revoke_tokens, stopping=partial(after, last_revocation))]
    if settings.spend.importing:
        steps.append(partial(import_spend, for_at_most=IMPORT_SLICE, stopping=partial(after, last_call)))
    last_delivery = BOUND - SENT_WITHIN - MARGIN
    steps.append(partial(deliver_events, for_at_most=DELIVERY_SLICE, stopping=partial(after, last_delivery)))
    loop = asyncio.get_running_loop()
    both = asyncio.gather(loop.run_in_executor(sweeping, sweep), loop.run_in_executor(sweeping, beside_a_sweep, steps))
    try:
        report, _ = await asyncio.wait_for(asyncio.shield(both), BOUND.total_seconds())
    except TimeoutError:
        raise StoreUnavailable from None
    return cron_report(report)


def beside_a_sweep(steps: Sequence[Callable[[], object]]) -> None:
    """End choices that nobody made, revoke what is queued, import some spend, deliver some webhooks.

    The sweep's answer doesn't wait for success.
    """
    for step in steps:
        try:
            step()
        except Refusal as refusal:
            log.warning("some work was left for the next call", extra={"because": type(refusal).__name__})


def cron_report(report: SweepReport) -> CronReport:
    """The sweep's report in the words of this endpoint."""
    errors = [GrantError(grant_id=s.grant, code=code.name) for s in report.swept.values() if (code := code_of_ending(s))]
    return CronReport(
        total=report.refreshed + report.failed + report.skipped,
        refreshed=report.refreshed,
        failed=report.failed,
        skipped=report.skipped,
        remaining=report.unreached,
        errors=errors[:ERRORS_SHOWN] or UNSET,
    )
