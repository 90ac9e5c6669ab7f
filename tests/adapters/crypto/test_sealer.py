from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from domain.errors import CannotOpen
from domain.ids import GrantId, OwnerId
from domain.seal_place import SealPlace
from domain.tokens import Sealed, Secret, TokenKind

OLD, NEW = ("2025", bytes(range(32))), ("2026", bytes(range(32, 64)))
PLACE = SealPlace(OwnerId("anna"), GrantId("5f0c6a3e-8d0e-4a57-9f6a-3a1f7f0c9d11"), 7)
TOKEN = Secret("act.a-token-of-no-worth")


def sealer(*keys: tuple[str, bytes]) -> AesGcmSealer:
    return AesGcmSealer(KeyRing.of(keys or (NEW, OLD)))


@given(st.data())
def test_changing_any_byte_of_a_sealed_token_makes_it_useless(data: st.DataObject) -> None:
    text = sealer().seal(TOKEN, PLACE, TokenKind.ACCESS).ciphertext
    place = data.draw(st.integers(0, len(text) - 1))
    mask = data.draw(st.integers(1, 255))
    damaged = text[:place] + bytes([text[place] ^ mask]) + text[place + 1 :]
    with pytest.raises(CannotOpen):
        sealer().open(Sealed(damaged), PLACE, TokenKind.ACCESS)


@given(st.binary(max_size=80))
def test_rubbish_does_not_open(rubbish: bytes) -> None:
    for text in (rubbish, b"\x01" + rubbish, b"\x02" + rubbish, b"\x01\x042026" + rubbish, b"\x02\x042026" + rubbish):
        with pytest.raises(CannotOpen):
            sealer().open(Sealed(text), PLACE, TokenKind.ACCESS)


def test_a_cut_or_lengthened_token_does_not_open() -> None:
    text = sealer().seal(TOKEN, PLACE, TokenKind.ACCESS).ciphertext
    for damaged in (*(text[:end] for end in range(len(text))), text + b"\0"):
        with pytest.raises(CannotOpen):
            sealer().open(Sealed(damaged), PLACE, TokenKind.ACCESS)


def test_it_is_aes_256_in_gcm_as_anybody_else_would_do_it() -> None:
    text = sealer(NEW).seal(TOKEN, PLACE, TokenKind.REFRESH).ciphertext
    header, nonce, rest = text[:6], text[6:18], text[18:]
    assert header == b"\x02\x042026"
    place = b"\x07refresh" + bytes(7) + b"\x07" + bytes(3) + b"\x04anna" + PLACE.grant.encode()
    assert AESGCM(NEW[1]).decrypt(nonce, rest, header + place) == TOKEN.reveal().encode()


def test_the_first_key_seals() -> None:
    assert sealer(NEW, OLD).seal(TOKEN, PLACE, TokenKind.ACCESS).ciphertext[:6] == b"\x02\x042026"
    assert sealer(OLD, NEW).seal(TOKEN, PLACE, TokenKind.ACCESS).ciphertext[:6] == b"\x02\x042025"


def test_a_token_of_an_older_key_opens_as_long_as_the_key_is_there() -> None:
    sealed = sealer(OLD).seal(TOKEN, PLACE, TokenKind.ACCESS)
    assert sealer(NEW, OLD).open(sealed, PLACE, TokenKind.ACCESS) == TOKEN
    with pytest.raises(CannotOpen, match="not configured"):
        sealer(NEW).open(sealed, PLACE, TokenKind.ACCESS)


def test_another_key_under_the_same_id_does_not_open() -> None:
    sealed = sealer(NEW).seal(TOKEN, PLACE, TokenKind.ACCESS)
    with pytest.raises(CannotOpen):
        sealer((NEW[0], OLD[1])).open(sealed, PLACE, TokenKind.ACCESS)


def test_the_failure_says_nothing_of_the_content() -> None:
    sealed = sealer().seal(TOKEN, PLACE, TokenKind.ACCESS)
    with pytest.raises(CannotOpen) as caught:
        sealer().open(sealed, PLACE, TokenKind.REFRESH)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "act" not in str(caught.value)


def test_a_new_first_key_leaves_the_fingerprints_as_they_are() -> None:
    assert sealer(OLD).fingerprint(TOKEN) == sealer(NEW, OLD).fingerprint(TOKEN)


def test_without_the_oldest_key_the_fingerprints_are_others() -> None:
    assert sealer(NEW).fingerprint(TOKEN) != sealer(NEW, OLD).fingerprint(TOKEN)


def test_fingerprints_stay_what_they_were_in_earlier_versions() -> None:
    # HKDF-SHA256 without salt, computed apart from this project's code (RFC 5869), then HMAC-SHA256 of the token
    assert sealer(OLD).fingerprint(Secret("token")) == "76e270d402dc7ceae17017e05a8358a13899858e2a478e17135d39702fd76cff"


def test_one_sealer_serves_many_threads() -> None:
    shared = sealer()

    def there_and_back(number: int) -> bool:
        token, place = Secret(f"token {number}"), replace(PLACE, generation=number % 7)
        return shared.open(shared.seal(token, place, TokenKind.ACCESS), place, TokenKind.ACCESS) == token

    with ThreadPoolExecutor(8) as executor:
        assert all(executor.map(there_and_back, range(2000)))
