"""Whether the process lives, and whether it can serve."""

import asyncio
from datetime import timedelta

from litestar import HttpMethod, Response, route
from litestar.openapi.datastructures import ResponseSpec

from entrypoints.http.api.bodies import Checks, Liveness, Readiness
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.openapi import each_method
from entrypoints.http.api.readiness_check_runner import DEGRADED, FAILED, CheckRunner

LOOK_WITHIN = timedelta(seconds=5)
"""A look that takes longer has failed."""

GLANCE_WITHIN = timedelta(seconds=1)
"""The same for what nothing depends on: a probe does not wait for that."""

PROBED = (HttpMethod.GET, HttpMethod.HEAD)
"""Some load balancers ask for the head alone."""

REPORTED = ("broker", "beat", "journal", "identity", "calls", "mirror")
"""What serving does not depend on."""


@route(
    "/health/live",
    http_method=PROBED,
    operation_id=each_method("checkLiveness", usual=HttpMethod.GET),
    summary="Does the process answer?",
    tags=["operation"],
)
async def live() -> Liveness:
    """Always, as long as it runs."""
    return Liveness()


@route(
    "/health/ready",
    http_method=PROBED,
    operation_id=each_method("checkReadiness", usual=HttpMethod.GET),
    summary="Can requests be served?",
    tags=["operation"],
    responses={
        503: ResponseSpec(Readiness, generate_examples=False, description="Not now; it is looked at again at each request.")
    },
)
async def ready(readiness_checks: Injected[CheckRunner]) -> Response[Readiness]:
    """Database, schema and keys must be well. Broker, beat, journal, a hold and the mirror are only reported."""
    asked = (readiness_checks.state(name, within=GLANCE_WITHIN if name in REPORTED else LOOK_WITHIN) for name in readiness_checks)
    states = dict(zip(readiness_checks, await asyncio.gather(*asked), strict=True))
    states |= {name: DEGRADED for name in REPORTED if states.get(name) == FAILED}
    serving = all(state != FAILED for state in states.values())
    body = Readiness(status="ready" if serving else "unready", checks=Checks(**states))
    return Response(body, status_code=200 if serving else 503)
