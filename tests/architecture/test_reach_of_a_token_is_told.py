"""A token reaches every account that was ticked at TikTok: people who choose, developers and operators are told."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = {
    "src/entrypoints/http/pages/templates/select.html": "every account that was ticked at TikTok",
    "src/entrypoints/http/api/bodies.py": "every account that was ticked at the consent",
    "docs/api.md": "every advertiser that the person ticked",
    "docs/security.md": "every advertiser that was ticked at the consent",
}


@pytest.mark.parametrize("place", PLACES)
def test_how_far_a_token_reaches_is_told(place: str) -> None:
    assert PLACES[place] in (ROOT / place).read_text()
