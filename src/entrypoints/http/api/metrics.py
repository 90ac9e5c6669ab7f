"""The endpoint that Prometheus scrapes."""

from contextlib import suppress

from litestar import Response, get
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from application.ports.clock import Clock
from application.ports.fleet import Fleet
from domain.errors import StoreUnavailable
from domain.rotation_policy import RotationPolicy
from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.injected import Injected
from entrypoints.telemetry.request_metrics import RequestMetrics


@get(
    "/metrics",
    sync_to_thread=True,
    media_type="text/plain",
    operation_id="readMetrics",
    summary="Figures for Prometheus",
    tags=["operation"],
    responses=failures.METRICS,
)
def show_metrics(
    request_metrics: Injected[RequestMetrics], fleet: Injected[Fleet], clock: Injected[Clock], policy: Injected[RotationPolicy]
) -> Response[bytes]:
    """To this machine itself, and to whoever has METRICS_TOKEN. With the database away, requests alone."""
    view = None
    with suppress(StoreUnavailable):
        view = fleet.counts(clock.now(), overdue_after=policy.overdue_after)
    # as a header: to a media type that begins with text/ the framework adds the charset that this one has already
    return Response(request_metrics.text(view), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
