"""The parser of SERVICE_LIMITS: `name:users=pattern|pattern` and `name:accounts=pattern|pattern`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from domain.users_and_accounts_of_services import NO_LIMITS, ServiceLimits
from entrypoints.settings.credentials import listed
from entrypoints.settings.invalid_settings import Malformed
from entrypoints.settings.setting_values import Scope, Service

FORM = "write each as name:users=pattern|pattern or name:accounts=pattern|pattern, where * stands for any text"


@dataclass(frozen=True, slots=True)
class ServiceLimit:
    """What one element of the list says."""

    service: str
    limits: ServiceLimits


def service_limit(value: str) -> ServiceLimit:
    """One element. Raises Malformed."""
    service, _, limit = value.partition(":")
    kind, equals, text = limit.partition("=")
    patterns = tuple(pattern.strip() for pattern in text.split("|"))
    if not service or not equals or not all(patterns):
        raise Malformed("is not a list of name:users=… and name:accounts=…", FORM)
    match kind:
        case "users":
            return ServiceLimit(service, ServiceLimits(users=patterns))
        case "accounts":
            return ServiceLimit(service, ServiceLimits(accounts=patterns))
        case _:
            raise Malformed("limits something else than users or accounts", FORM)


service_limits = listed(service_limit)


def limited(services: Iterable[Service], limits: Iterable[ServiceLimit]) -> tuple[Service, ...]:
    """The services within their limits; elements for one service add up. Raises Malformed."""
    services, by_name = tuple(services), dict[str, ServiceLimits]()
    for limit in limits:
        if limit.service not in {service.name for service in services}:
            raise Malformed("names a service that SERVICE_TOKENS has not", "spell it as there, or take it out")
        before = by_name.get(limit.service, NO_LIMITS)
        by_name[limit.service] = ServiceLimits(before.users + limit.limits.users, before.accounts + limit.limits.accounts)
    bounded = tuple(replace(service, limits=by_name.get(service.name, service.limits)) for service in services)
    if any(service.limits.accounts and Scope.ERASE in service.scopes for service in bounded):
        raise Malformed(
            "limits accounts of a service with the scope erase, which erases whole users",
            "limit its users instead, or give erasing to a service of its own",
        )
    return bounded
