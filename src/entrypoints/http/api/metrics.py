"""The endpoint that Prometheus scrapes."""

from litestar import Response, get
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from entrypoints.http.api import documented_failures as failures
from entrypoints.http.api.injected import Injected
from entrypoints.telemetry.scrape import Scrape


@get(
    "/metrics",
    sync_to_thread=True,
    media_type="text/plain",
    operation_id="readMetrics",
    summary="Figures for Prometheus",
    tags=["operation"],
    responses=failures.METRICS,
)
def show_metrics(scrape: Injected[Scrape]) -> Response[bytes]:
    """To this machine itself, and to whoever has METRICS_TOKEN: all processes' figures, or that the database is away."""
    # as a header: to a media type that begins with text/ the framework adds the charset that this one has already
    return Response(scrape(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
