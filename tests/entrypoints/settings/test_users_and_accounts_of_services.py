from __future__ import annotations

import pytest

from domain.users_and_accounts_of_services import NO_LIMITS, ServiceLimits
from entrypoints.settings import faults_of, load_settings
from support.environ import an_environ

LONG = "a-secret-that-is-long-enough-for-anything"
TOKENS = f"importer:{LONG}-1,importer:{LONG}-2:vend+spend,janitor:{LONG}-3:erase,{LONG}-4"


def limits_of(value: str | None) -> list[tuple[str, ServiceLimits]]:
    settings = load_settings(an_environ(SERVICE_TOKENS=TOKENS, SERVICE_LIMITS=value))
    return [(service.name, service.limits) for service in settings.services]


def test_without_the_setting_nothing_is_limited() -> None:
    assert {limits for _, limits in limits_of(None)} == {NO_LIMITS}


def test_elements_for_one_service_add_up_and_hold_under_each_of_its_secrets() -> None:
    importer = ServiceLimits(users=("a:b=c", "team-*", "x@y.example"), accounts=("7*",))
    value = "importer:users=a:b=c|team-*, importer:users=x@y.example,importer:accounts=7*, janitor:users=*"
    assert limits_of(value) == [
        ("importer", importer),
        ("importer", importer),
        ("janitor", ServiceLimits(users=("*",))),
        ("default", NO_LIMITS),
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    (
        ("importer", "is not a list of name:users=… and name:accounts=…"),
        ("importer:users", "is not a list of name:users=… and name:accounts=…"),
        ("importer:users=", "is not a list of name:users=… and name:accounts=…"),
        ("importer:users=a||b", "is not a list of name:users=… and name:accounts=…"),
        ("importer:users=a,", "has an empty element"),
        (":users=a", "is not a list of name:users=… and name:accounts=…"),
        ("importer:stores=a", "limits something else than users or accounts"),
        ("importr:users=a", "names a service that SERVICE_TOKENS has not"),
        ("janitor:accounts=7", "limits accounts of a service with the scope erase, which erases whole users"),
    ),
)
def test_a_limit_that_would_not_hold_stops_the_process(value: str, problem: str) -> None:
    [fault] = faults_of(an_environ(SERVICE_TOKENS=TOKENS, SERVICE_LIMITS=value))
    assert (fault.name, fault.problem) == ("SERVICE_LIMITS", problem)


def test_limits_without_services_are_a_fault_and_beside_faulty_ones_no_further_one() -> None:
    assert [fault.name for fault in faults_of(an_environ(SERVICE_LIMITS="importer:users=a"))] == ["SERVICE_LIMITS"]
    faulty = an_environ(SERVICE_TOKENS="importer:short", SERVICE_LIMITS="importer:users=a")
    assert [fault.name for fault in faults_of(faulty)] == ["SERVICE_TOKENS"]
