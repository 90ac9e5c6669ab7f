from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from application.ports.sealer import Sealer
from domain.errors import CannotOpen
from domain.ids import GrantId
from domain.tokens import Secret, TokenKind

GRANT, OTHER = GrantId("grant-1"), GrantId("grant-2")


def aes_gcm() -> Sealer:
    """One of two processes with the same keys."""
    return AesGcmSealer(KeyRing.of([("new", b"n" * 32), ("old", b"o" * 32)]))


SEALERS = pytest.mark.parametrize("sealer", (aes_gcm,))
TOKENS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map(Secret)
KINDS = st.sampled_from(TokenKind)


@SEALERS
@given(token=TOKENS, grant=st.text(st.characters(exclude_categories=["Cs"])).map(GrantId), kind=KINDS)
def test_what_one_process_seals_another_opens(
    sealer: Callable[[], Sealer], token: Secret, grant: GrantId, kind: TokenKind
) -> None:
    assert sealer().open(sealer().seal(token, grant, kind), grant, kind) == token


@SEALERS
@given(token=TOKENS)
def test_a_token_moved_to_another_place_does_not_open(sealer: Callable[[], Sealer], token: Secret) -> None:
    upkeep_thread = sealer()
    sealed = upkeep_thread.seal(token, GRANT, TokenKind.ACCESS)
    for grant, kind in ((GRANT, TokenKind.REFRESH), (OTHER, TokenKind.ACCESS), (OTHER, TokenKind.REFRESH)):
        with pytest.raises(CannotOpen):
            upkeep_thread.open(sealed, grant, kind)


@SEALERS
def test_the_same_token_is_never_sealed_alike_twice(sealer: Callable[[], Sealer]) -> None:
    upkeep_thread = sealer()
    assert len({upkeep_thread.seal(Secret("token"), GRANT, TokenKind.ACCESS).ciphertext for _ in range(100)}) == 100


@SEALERS
def test_a_sealed_token_does_not_hold_the_token(sealer: Callable[[], Sealer]) -> None:
    assert b"token-in-clear" not in sealer().seal(Secret("token-in-clear"), GRANT, TokenKind.ACCESS).ciphertext


@SEALERS
@given(one=TOKENS, two=TOKENS)
def test_fingerprints_are_the_same_for_the_same_token_alone(sealer: Callable[[], Sealer], one: Secret, two: Secret) -> None:
    assert sealer().fingerprint(one) == sealer().fingerprint(one)
    assert (sealer().fingerprint(one) == sealer().fingerprint(two)) == (one == two)


@SEALERS
def test_a_fingerprint_does_not_hold_the_token(sealer: Callable[[], Sealer]) -> None:
    assert "token-in-clear" not in sealer().fingerprint(Secret("token-in-clear"))
