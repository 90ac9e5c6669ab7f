from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import AdvertiserId, OwnerId
from domain.users_and_accounts_of_services import NO_LIMITS, ServiceLimits, matches

ANNA, SHOP = OwnerId("team-a-anna"), AdvertiserId("7123")


@pytest.mark.parametrize(
    ("limits", "user", "account"),
    (
        (NO_LIMITS, True, True),
        (ServiceLimits(users=("team-a-*",)), True, True),
        (ServiceLimits(users=("team-b-*", "team-a-anna")), True, True),
        (ServiceLimits(users=("team-b-*",)), False, False),
        (ServiceLimits(users=("TEAM-A-*",)), False, False),
        (ServiceLimits(accounts=("7123",)), True, True),
        (ServiceLimits(accounts=("712",)), True, False),
        (ServiceLimits(users=("team-b-*",), accounts=("7123",)), False, False),
        (ServiceLimits(users=("team-a-*",), accounts=("8*",)), True, False),
    ),
)
def test_a_service_may_ask_within_all_of_its_limits(limits: ServiceLimits, *, user: bool, account: bool) -> None:
    assert (limits.allow_user(ANNA), limits.allow(ANNA, SHOP)) == (user, account)


def test_a_long_text_and_a_hostile_pattern_take_no_long_time() -> None:
    assert not matches("a*" * 500 + "b", "a" * 100_000)


@given(pattern=st.text("ab*.", max_size=8), text=st.text("ab.", max_size=8))
def test_a_star_stands_for_any_text_and_nothing_else_is_special(pattern: str, text: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL)
    assert matches(pattern, text) is bool(expected)
