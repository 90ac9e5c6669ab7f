"""Who acts in a request, and from which address, for the audit trail: dependencies of handlers behind the guards."""

from domain.audit_trail import Actor
from entrypoints.http.auth.guards import AnyRequest, gate_of, owner_of, service_of


def person_of(request: AnyRequest) -> Actor:
    """The user that `signed_in` found."""
    return Actor.user(owner_of(request), gate_of(request).ip(request))


def calling_service_of(request: AnyRequest) -> Actor:
    """The service that was let in."""
    return Actor.service(service_of(request).name, gate_of(request).ip(request))
