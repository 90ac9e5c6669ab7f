import re

import pytest

from adapters.crypto.key_ring import Key, KeyRing


def test_the_first_key_is_the_newest_and_the_last_the_oldest() -> None:
    ring = KeyRing.of([("new", bytes(32)), ("middle", bytes(32)), ("old", bytes(32))])
    assert (ring.newest.id, ring.oldest.id) == ("new", "old")


@pytest.mark.parametrize(
    "pairs",
    (
        [],
        [("a", bytes(31))],
        [("a", bytes(33))],
        [("", bytes(32))],
        [("a:b", bytes(32))],
        [("a\n", bytes(32))],
        [("x" * 33, bytes(32))],
        [("a", b"1" * 32), ("a", b"2" * 32)],
    ),
    ids=("none", "short", "long", "no id", "a colon", "a line break", "a long id", "one id twice"),
)
def test_a_malformed_ring_is_refused(pairs: list[tuple[str, bytes]]) -> None:
    with pytest.raises(ValueError, match="key"):
        KeyRing.of(pairs)


def test_a_key_does_not_print_its_material() -> None:
    ring = KeyRing((Key("a", b"\x99secret" + bytes(25)),))
    assert "secret" not in repr(ring)
    assert "secret" not in f"{ring} {ring.newest!r}"


def test_a_fault_names_the_key_and_never_its_material() -> None:
    with pytest.raises(ValueError, match="the key mine is not 32 bytes long") as caught:
        Key("mine", b"too-short-but-secret")
    assert "secret" not in str(caught.value)


def test_generated_keys_fit_the_setting_and_differ_in_id_and_material() -> None:
    lines = [KeyRing.generate() for _ in range(50)]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,32}:[0-9a-f]{64}", line) for line in lines)
    ring = KeyRing.of((name, bytes.fromhex(digits)) for name, _, digits in (line.partition(":") for line in lines))
    assert len({key.material for key in ring.keys}) == 50
