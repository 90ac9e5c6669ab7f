from adapters.tiktok_simulator.token_minting import Mint, SimulatedTokenKind, fingerprint

MINT = Mint(b"seed" * 4)


def test_a_token_says_what_it_was_minted_for() -> None:
    token = MINT.token(SimulatedTokenKind.REFRESH, 1234, 56)

    assert MINT.read(token) == (SimulatedTokenKind.REFRESH, 1234, 56)


def test_a_token_of_another_mint_is_not_ours() -> None:
    assert Mint(b"other" * 4).read(MINT.token(SimulatedTokenKind.ACCESS, 1, 1)) is None


def test_a_changed_digit_makes_a_token_unknown() -> None:
    token = MINT.token(SimulatedTokenKind.ACCESS, 1, 1)

    assert MINT.read(token[:-1] + "2") is None


def test_what_is_no_token_at_all_is_unknown() -> None:
    for text in ("", "zz", "0" * 40, "0" * 39 + "g", "ff" * 400, "ü" * 40):
        assert MINT.read(text) is None


def test_a_fingerprint_tells_tokens_apart_without_holding_them() -> None:
    one, other = (MINT.token(SimulatedTokenKind.ACCESS, family, 1) for family in (1, 2))

    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) not in one
