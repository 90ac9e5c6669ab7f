"""The HTTP door: everything it serves, over one container."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from domain.errors import BudgetSpent, CallsPaused, OnHold, RateLimited, StoreUnavailable
from entrypoints.container import Container
from entrypoints.dashboard_connections import close_dashboard_connections
from entrypoints.fair_threads import FairThreads
from entrypoints.http.api import API, SharedWaits, StrictRequest, described, polish
from entrypoints.http.auth.browser_cookie import BrowserCookie
from entrypoints.http.auth.guards import Gate
from entrypoints.http.connection_limits import LARGEST_BODY
from entrypoints.http.dashboard_addresses import Addresses
from entrypoints.http.middleware import RequestMiddleware, protective_headers
from entrypoints.http.pages import PAGES, for_whoever_asks, show_in_place
from entrypoints.http.problems import EXCEPTION_HANDLERS
from entrypoints.http.readiness_checks import readiness_checks_of
from entrypoints.http.use_cases_for_handlers import always, provided
from entrypoints.operations import process_report
from entrypoints.telemetry.scrape import Scrape

DESK_THREADS = 16
"""For what only asks the database: requests wait for these, and for nothing that TikTok does."""

ROTATION_THREADS = 32
"""For what may wait for TikTok."""

SWEEP_THREADS = 4
"""For cron calls: two each, so that overlapping ones share the work."""

DESK_THREADS_OF_ONE = 1
"""A look takes a few milliseconds; whoever asks for many at once has them one after the other."""

ROTATION_THREADS_OF_ONE = 8
"""A quarter of all."""

LIMITER_THREADS = 4
"""For what asks the store of rate limits, so that it waits for nothing else."""


IN_PLACE = (OnHold, CallsPaused, BudgetSpent, RateLimited)
"""What passes by itself, and is told where it happens."""


class App(Litestar):
    """Litestar behind the front."""

    outermost: RequestMiddleware

    async def __call__(self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self.outermost(scope, receive, send)  # type: ignore[arg-type]  # checked a line above, which narrows no union of TypedDicts
        else:
            await super().__call__(scope, receive, send)


def create_app(container: Container) -> App:
    """The application. Threads are started with it and end with it; what they have begun comes to its end first."""
    settings, clock = container.settings(), container.clock()
    addresses = Addresses(settings.web.dashboard_url)
    browser = BrowserCookie(https=addresses.https)
    rotation = ThreadPoolExecutor(ROTATION_THREADS, thread_name_prefix="people")
    sweeping = ThreadPoolExecutor(SWEEP_THREADS, thread_name_prefix="cron")
    limiting = ThreadPoolExecutor(LIMITER_THREADS, thread_name_prefix="limits")
    desk = FairThreads(DESK_THREADS_OF_ONE)
    gate = Gate.of(
        settings,
        desk=desk,
        key_set=container.key_set(),
        refuse_erased_user=container.refuse_erased_user(),
        rate_limits=container.rate_limits(),
        limiting=limiting,
        clock=clock,
    )
    waiting, closing = SharedWaits(FairThreads(ROTATION_THREADS_OF_ONE, rotation)), threading.Event()

    @asynccontextmanager
    async def threads(_: Litestar) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(DESK_THREADS, thread_name_prefix="desk"))
        report_process = process_report(container)
        upkeep_thread = container.upkeep_thread(report_process)
        upkeep_thread.start()
        audit_thread = container.audit_thread()
        audit_thread.start()
        mirror_thread = container.mirror_thread()
        mirror_thread.start()
        try:
            yield
        finally:
            closing.set()
            upkeep_thread.stop()
            with suppress(StoreUnavailable):
                report_process.withdraw()
            await asyncio.to_thread(mirror_thread.stop)
            await waiting.land()
            rotation.shutdown(wait=True, cancel_futures=True)
            sweeping.shutdown(wait=True, cancel_futures=True)
            limiting.shutdown(wait=True, cancel_futures=True)
            await asyncio.to_thread(audit_thread.stop)
            close_dashboard_connections(container)
            container.database().dispose()

    given: dict[str, Any] = {
        "scrape": Scrape(container),
        "addresses": addresses,
        "browser_cookie": browser,
        "waiting": waiting,
        "desk": desk,
        "sweeping": sweeping,
        "closing": closing,
        "readiness_checks": readiness_checks_of(container),
    }
    app = App(
        route_handlers=[*API, *PAGES],
        dependencies=provided(container) | {name: always(value) for name, value in given.items()},
        exception_handlers={**for_whoever_asks(EXCEPTION_HANDLERS), **dict.fromkeys(IN_PLACE, show_in_place)},
        lifespan=[threads],
        openapi_config=described(https=browser.https),
        request_max_body_size=LARGEST_BODY,
        request_class=StrictRequest,
        logging_config=None,  # the process decides where its lines go
        state=State({"gate": gate}),
    )
    polish(app.openapi_schema)
    app.outermost = RequestMiddleware(
        inner=gate.before(super(App, app).__call__),
        settings=settings,
        metrics=container.metrics(),
        clock=clock,
        ids=container.ids(),
        protection=protective_headers(settings),
    )
    return app
