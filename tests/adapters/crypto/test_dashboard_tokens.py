import json
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.crypto.dashboard_tokens import DashboardTokens
from domain.errors import CannotOpen
from domain.tokens import Secret
from support.old_connections import DASHBOARD_KEY, sealed

OTHER_KEY = "0d" * 32
MADE_BY_NODE = [
    ("act.an-access-token", "5RaZyKyXyRZyBK+0kOAI+lMoOWn38HAyu376rdoFtUeUQ93HNYI0g2QFnNRDnCw="),
    (
        "rft.a-refresh-token-of-some-length-0123456789",
        "0y5/XpfosqASO3KO7HZ1TeOd21k/1AFJVE+d7/ov5lH2h3d2Td3q+QsmM852D4bXr7SGn/6CpgfHYvw9rkcFWr/4d7I2nF/+sg==",
    ),
]
"""By crypto.createCipheriv("aes-256-gcm", …), as the dashboard does it."""


def opener(*keys: str) -> DashboardTokens:
    return DashboardTokens(Secret(key) for key in keys or (DASHBOARD_KEY,))


@pytest.mark.parametrize(("token", "text"), MADE_BY_NODE)
def test_what_node_sealed_opens(token: str, text: str) -> None:
    assert opener().open(text) == Secret(token)
    assert opener(OTHER_KEY, DASHBOARD_KEY).open(f" {text}\n") == Secret(token)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=300))
def test_what_the_tests_own_writer_sealed_opens(token: str) -> None:
    assert opener().open(sealed(token)) == Secret(token)


@given(st.integers(0, 200), st.integers(1, 255))
def test_changing_any_byte_makes_it_useless(place: int, mask: int) -> None:
    text = bytearray(b64decode(sealed("a-token")))
    text[place % len(text)] ^= mask
    with pytest.raises(CannotOpen, match="no key"):
        opener().open(b64encode(text).decode())


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "short"), ("plain.token", "base64"), ("AAAA", "short"), (b64encode(bytes(28)).decode(), "short"), ("ä", "base64")],
)
def test_what_was_never_sealed_is_told_apart(text: str, why: str) -> None:
    with pytest.raises(CannotOpen, match=why):
        opener().open(text)


def test_another_key_opens_nothing_and_nothing_of_the_text_is_told() -> None:
    text = sealed(json.dumps({"token": "secret-part"}))
    with pytest.raises(CannotOpen) as refused:
        opener(OTHER_KEY).open(text)
    assert text not in str(refused.value)
    assert refused.value.__context__ is None or "secret-part" not in str(refused.value.__context__)
