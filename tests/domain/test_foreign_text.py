import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.advertiser import Advertiser
from domain.foreign_text import LONGEST_TEXT, one_line
from domain.ids import AdvertiserId


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Acme \u202eevil\u202c shop", "Acme evil shop"),
        ("\u2067Acme\u2069 \u200fshop\u061c", "Acme shop"),
        ("Acme\r\n\tshop\u2028here\u00a0too", "Acme shop here too"),
        ("Acme\x00\x1b[31mshop", "Acme[31mshop"),
        ("Acme \ud83d shop", "Acme shop"),
        ("\ufeffAcme\u200b", "Acme"),
        ("متجر الأحذية", "متجر الأحذية"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001 (Persian, which needs the joiner)
        ("\U0001f468\u200d\U0001f469\u200d\U0001f466 Shop", "\U0001f468\u200d\U0001f469\u200d\U0001f466 Shop"),
        ("日本の靴屋さん", "日本の靴屋さん"),
        ("\u202e\u200b\u200d", ""),
        ("", ""),
    ],
)
def test_others_text_is_one_line_that_turns_nothing_around(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize("text", ["X" * 900_000, "X " * 900_000, "\u202e" * 900_000 + "X", "\u0301" * 900_000])
def test_the_line_is_as_long_as_a_name_may_be_at_the_most(text: str) -> None:
    assert len(one_line(text)) <= LONGEST_TEXT
    assert one_line(text).endswith("…") or not one_line(text)


def test_a_name_of_the_longest_length_is_whole() -> None:
    assert one_line("X" * LONGEST_TEXT) == "X" * LONGEST_TEXT


@pytest.mark.parametrize("name", ["", " ", "\u202e", "\ud83d", "\u200d"])
def test_an_account_whose_name_can_not_be_read_goes_by_its_id(name: str) -> None:
    assert Advertiser(AdvertiserId("7"), name).label == "7"


@given(st.text(max_size=LONGEST_TEXT))
def test_a_text_is_the_same_line_with_and_without_what_is_invisible(text: str) -> None:
    assert one_line(text) == one_line(f"{text}\u200b")
