from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from application.ports.sealer import Sealer
from domain.errors import CannotOpen
from domain.ids import GrantId, OwnerId
from domain.seal_place import SealPlace
from domain.tokens import Secret, TokenKind

PLACE = SealPlace(OwnerId("anna"), GrantId("grant-1"), 3)


def aes_gcm() -> Sealer:
    """One of two processes with the same keys."""
    return AesGcmSealer(KeyRing.of([("new", b"n" * 32), ("old", b"o" * 32)]))


SEALERS = pytest.mark.parametrize("sealer", (aes_gcm,))
TOKENS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map(Secret)
KINDS = st.sampled_from(TokenKind)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PLACES = st.builds(SealPlace, WORDS.map(OwnerId), WORDS.map(GrantId), st.integers(0, 2**31 - 1))


@SEALERS
@given(token=TOKENS, place=PLACES, kind=KINDS)
def test_what_one_process_seals_another_opens(
    sealer: Callable[[], Sealer], token: Secret, place: SealPlace, kind: TokenKind
) -> None:
    assert sealer().open(sealer().seal(token, place, kind), place, kind) == token


@SEALERS
@given(token=TOKENS, place=PLACES, other=PLACES)
def test_a_token_moved_to_another_place_does_not_open_and_the_failure_names_the_grant(
    sealer: Callable[[], Sealer], token: Secret, place: SealPlace, other: SealPlace
) -> None:
    sealed = sealer().seal(token, place, TokenKind.ACCESS)
    moved = [replace(place, owner=OwnerId(f"{place.owner}!")), replace(place, generation=place.generation + 1), other]
    moved += [replace(place, owner=OwnerId(""), grant=GrantId(place.owner + place.grant))]
    for there, kind in [(place, TokenKind.REFRESH), *((m, TokenKind.ACCESS) for m in moved if m != place)]:
        with pytest.raises(CannotOpen) as refused:
            sealer().open(sealed, there, kind)
        assert refused.value.grant == there.grant


@SEALERS
def test_the_same_token_is_never_sealed_alike_twice(sealer: Callable[[], Sealer]) -> None:
    upkeep_thread = sealer()
    assert len({upkeep_thread.seal(Secret("token"), PLACE, TokenKind.ACCESS).ciphertext for _ in range(100)}) == 100


@SEALERS
def test_a_sealed_token_does_not_hold_the_token(sealer: Callable[[], Sealer]) -> None:
    assert b"token-in-clear" not in sealer().seal(Secret("token-in-clear"), PLACE, TokenKind.ACCESS).ciphertext


@SEALERS
@given(one=TOKENS, two=TOKENS)
def test_fingerprints_are_the_same_for_the_same_token_alone(sealer: Callable[[], Sealer], one: Secret, two: Secret) -> None:
    assert sealer().fingerprint(one) == sealer().fingerprint(one)
    assert (sealer().fingerprint(one) == sealer().fingerprint(two)) == (one == two)


@SEALERS
def test_a_fingerprint_does_not_hold_the_token(sealer: Callable[[], Sealer]) -> None:
    assert "token-in-clear" not in sealer().fingerprint(Secret("token-in-clear"))
