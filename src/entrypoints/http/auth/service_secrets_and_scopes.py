"""The secrets by which backend services are known, compared in constant time, and the scopes that say what each may do."""

import hmac
from collections.abc import Collection, Iterable

from entrypoints.http.auth.jwt_claims import WrongSecret
from entrypoints.http.auth.request_headers import bearer_token
from entrypoints.http.exception_to_error_code import NotServed, ScopeMissing
from entrypoints.settings import Scope, Service
from entrypoints.settings.setting_values import digest_of


def require_scope(authorization: str | None, services: Collection[Service], scope: Scope) -> Service:
    """The backend service whose secret this is, which may do this. Raises NotServed, WrongSecret, ScopeMissing."""
    if not services:
        raise NotServed
    service = authenticate_service(authorization, services)
    if service is None:
        raise WrongSecret("send a secret of SERVICE_TOKENS as Authorization: Bearer <secret>; none came, or it is not known here")
    if scope not in service.scopes:
        raise ScopeMissing
    return service


def authenticate_service(authorization: str | None, services: Iterable[Service]) -> Service | None:
    """The backend service whose secret this is, or None. Takes as long for a near miss as for any other text."""
    token = bearer_token(authorization)
    matching = None
    for service in services:
        if hmac.compare_digest(digest_of(token or ""), service.digest) and token:
            matching = service
    return matching
