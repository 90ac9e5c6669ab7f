"""The endpoints that programs call, a file a subject; here is who may call which."""

from litestar import Router
from litestar.di import Provide
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.openapi.spec import SecurityRequirement
from litestar.types import ControllerRouterHandler, Guard

from entrypoints.http.api.connect import begin, callback
from entrypoints.http.api.connections import disconnect_account, listed_connections
from entrypoints.http.api.cron import sweep_now
from entrypoints.http.api.erase import erased_user
from entrypoints.http.api.health import live, ready
from entrypoints.http.api.ids_in_requests import connection_id, offer_id
from entrypoints.http.api.injected import Injected
from entrypoints.http.api.metrics import show_metrics
from entrypoints.http.api.openapi import CRON, METRICS, SERVICE, SESSION, described, polish
from entrypoints.http.api.refresh import refresh_connection
from entrypoints.http.api.selection import pending, select_account
from entrypoints.http.api.spend import spend_for_service, spend_of_user
from entrypoints.http.api.strict_json import StrictRequest, brings_json
from entrypoints.http.api.vend import vended_token
from entrypoints.http.api.wait_for_running_rotation import SharedWaits
from entrypoints.http.auth.guards import (
    calling_service_of,
    is_cron,
    may_connect,
    may_erase,
    may_measure,
    may_read_spend,
    may_refresh,
    may_vend,
    may_write,
    owner_of,
    person_of,
    service_of,
    signed_in,
)

__all__ = ["API", "Injected", "SharedWaits", "StrictRequest", "connection_id", "described", "offer_id", "polish"]


def guarded(guards: list[Guard], security: list[SecurityRequirement], *handlers: HTTPRouteHandler) -> Router:
    """Endpoints behind these guards, which run in this order and before a body is read."""
    who = dict[str, Provide]()
    if security is SESSION:
        who |= {"owner": Provide(owner_of, sync_to_thread=False), "actor": Provide(person_of, sync_to_thread=False)}
    if security is SERVICE:
        who |= {"service": Provide(service_of, sync_to_thread=False), "actor": Provide(calling_service_of, sync_to_thread=False)}
    return Router("/", route_handlers=handlers, guards=guards, security=security, dependencies=who)


API: list[ControllerRouterHandler] = [
    begin,  # these two send people who are not signed in to sign in
    callback,
    guarded([signed_in], SESSION, pending, listed_connections, spend_of_user),
    guarded([may_write], SESSION, disconnect_account),
    guarded([may_connect, may_write, brings_json], SESSION, select_account),
    guarded([may_refresh, may_write, brings_json], SESSION, refresh_connection),
    guarded([may_vend, brings_json], SERVICE, vended_token),
    guarded([may_read_spend], SERVICE, spend_for_service),
    guarded([may_erase], SERVICE, erased_user),
    guarded([is_cron], CRON, sweep_now),
    guarded([may_measure], METRICS, show_metrics),
    live,
    ready,
]
"""What the application serves to programs."""
