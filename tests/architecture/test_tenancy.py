"""Whoever acts for a person names the owner: the ports ask for it in their signatures. What works for all owners is listed."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

from application import ports
from application.ports.claims_and_settlements import Claim
from application.ports.old_connections import OldRow
from application.ports.spend_store import ImportClaim, SpendAccount, SpendImport, SpendStoreOfAllOwners
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.advertiser import Connection
from domain.consent import Consent
from domain.grant import Grant
from domain.ids import ConnectionId, GrantId, OfferId, OwnerId
from domain.mirror_row_source import MirrorRowSource
from domain.mirrored_row import KnownRow, WrittenRow
from domain.offer import Offer
from domain.queued_revocation import Revocation
from entrypoints.container import Container
from entrypoints.http.use_cases_for_handlers import USE_CASES

IDS = {ConnectionId, GrantId, OfferId}
OWNED = {Grant, Offer, Consent, Connection, Revocation, Claim, WrittenRow, SpendAccount, ImportClaim, OldRow}
"""Values that say whose they are: what takes one of them is held to its owner."""

ONES_OWN = IDS | OWNED | {SpendImport, MirrorRowSource, KnownRow}
"""What only its owner may get."""

SYSTEMS_PORTS = {
    "AuditHistory": "operators look at anybody's history, and housekeeping at everybody's",
    "Claims": "sweeps take what is due; a single grant is taken after it was read under its owner",
    "MirrorRecordsOfAllOwners": "the mirror shows everybody's connections",
    "Notices": "the audit announces what ends, whoever's it is",
    "SealedRows": "keys are exchanged in everybody's rows",
    "SpendDeliveries": "the mirror gets everybody's spend",
    "SpendStoreOfAllOwners": "imports take what is due",
    "GrantsOfAllOwners": "sweeps, audits, housekeeping and operators",
    "OffersOfAllOwners": "housekeeping",
    "ConsentsOfAllOwners": "housekeeping, and states that come back without a session",
    "RevocationsOfAllOwners": "the queue is worked off for everybody",
}

SYSTEMS_METHODS = {
    "ConnectionMirror.settle": "what it does comes from our own state, which says whose row it is",
    "SpendSink.deliver": "likewise",
    "SpendSink.compare": "likewise",
}

HOLDERS = {
    "abandon_consent": "nobody is signed in: the state, which only its browser knows, says whose it is",
    "find_owner": "a service names a connection and nobody; its limits are applied to what is found",
    "vend_token": "likewise",
    "remove_left_over_row": "whether a row is another's is what it has to find out",
    "clear_offers": "the cron secret works for everybody",
    "revoke_tokens": "likewise",
    "import_spend": "likewise",
}
"""Use-cases that the HTTP door may call and that can look at everybody's."""


def protocols() -> Iterator[type]:
    for module in pkgutil.iter_modules(ports.__path__, f"{ports.__name__}."):
        for one in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(one) and one.__module__ == module.name and getattr(one, "_is_protocol", False):
                yield one


def methods(protocol: type) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, method in vars(protocol).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            yield f"{protocol.__name__}.{name}", get_type_hints(method)


def within(hint: Any) -> set[Any]:  # noqa: ANN401 -- any annotation
    parts = hint if isinstance(hint, list) else get_args(hint)
    own = set() if isinstance(hint, list) else {hint}
    return own.union(*map(within, parts))


def is_of_somebody(hints: dict[str, Any]) -> bool:
    taken = set[Any]().union(*(within(hint) for name, hint in hints.items() if name != "return"))
    return bool(IDS & taken or ONES_OWN & within(hints["return"])) or "state_digest" in hints


def names_the_owner(hints: dict[str, Any]) -> bool:
    taken = {name: hint for name, hint in hints.items() if name != "return"}
    return OwnerId in taken.values() or any(OWNED & within(hint) for hint in taken.values())


def test_whatever_is_somebodys_is_asked_for_under_its_owner() -> None:
    forgotten = [
        name
        for protocol in protocols()
        if protocol.__name__ not in SYSTEMS_PORTS
        for name, hints in methods(protocol)
        if is_of_somebody(hints) and not names_the_owner(hints) and name not in SYSTEMS_METHODS
    ]
    assert forgotten == [], "it takes an `owner: OwnerId`, or is the system's for a reason"


def test_only_what_needs_it_is_excepted() -> None:
    unowned = {name for p in protocols() for name, hints in methods(p) if is_of_somebody(hints) and not names_the_owner(hints)}
    assert SYSTEMS_METHODS.keys() <= unowned
    assert {name.partition(".")[0] for name in unowned - SYSTEMS_METHODS.keys()} == SYSTEMS_PORTS.keys()


def test_few_use_cases_of_the_http_door_can_look_at_everybodys() -> None:
    holders = [name for name in USE_CASES if {StoreOfAllOwners, SpendStoreOfAllOwners} & set(field_types(provided(name)))]
    assert sorted(holders) == sorted(HOLDERS)


def test_no_handler_names_a_port_of_all_owners() -> None:
    http = importlib.import_module("entrypoints.http")
    sources = {
        m.name: inspect.getsource(importlib.import_module(m.name))
        for m in pkgutil.walk_packages(http.__path__, "entrypoints.http.")
    }
    assert [name for name, source in sources.items() if "OfAllOwners" in source] == []


def provided(name: str) -> Callable[..., Any]:
    """The class of a use-case in the container."""
    use_case: Callable[..., Any] = getattr(Container, name).cls
    return use_case


def field_types(use_case: Callable[..., Any]) -> list[Any]:
    return list(get_type_hints(use_case).values())
