"""Nobody sees, changes, counts, delays or exhausts what is another's: shown by random walks, and by what they would find."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from model.tenancy import lane
from model.tenancy.deeds import DEEDS, go
from model.tenancy.mutants import MUTANTS, ONE_OF_EACH_KIND
from model.tenancy.tenants import NAMES
from model.tenancy.walk import Leak, Walk, a_walk

STEPS, STEPS_AT_LENGTH = 500, 5_000
SEEDS, STEPS_OF_A_SEED = 12, 250
"""A mutant that so many walks of so many steps do not find has survived."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of requests say too much."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(1200)
def test_everybody_is_told_and_has_what_they_would_alone(tell: Callable[[object], None], *, long: bool) -> None:
    """With --long: three walks of 5 000 steps instead of one of 500."""
    for seed in range(3 if long else 1):
        with a_walk(seed) as walk:
            go(walk, STEPS_AT_LENGTH if long else STEPS)
        tell(f"tenancy, seed {seed}: {walk.step} steps, {walk.requests} requests, {dict(walk.told)}")
        assert walk.deeds.keys() == {deed.__name__ for deed in DEEDS}
        for answer in ("GET 200", "GET 307", "GET 404", "GET 429", "POST 200", "POST 404", "DELETE 200", "DELETE 202"):
            assert walk.told[answer], f"nobody was answered {answer}: the walk shows less than it should"


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_query_without_its_owner_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch, tell: Callable[[object], None], *, long: bool
) -> None:
    """Without --long: one query, the rate limits and the bound of open consents."""
    if name not in ONE_OF_EACH_KIND and not long:
        return
    MUTANTS[name](monkeypatch)
    seeds = (ONE_OF_EACH_KIND.get(name, 0), *range(SEEDS))
    found = next((leak for seed in seeds if (leak := leak_of(seed))), None)
    assert found, f"{name} of anybody: nothing was found"
    tell(f"tenancy, {name} of anybody: {found[:120]}")


def leak_of(seed: int) -> str | None:
    """What a walk of two finds."""
    with a_walk(seed, NAMES[:2]) as walk:
        return leak_in(walk)


def leak_in(walk: Walk) -> str | None:
    try:
        go(walk, STEPS_OF_A_SEED)
    except Leak as leak:
        return str(leak)
    return None


def test_a_person_waits_for_one_call_of_each_other_person_at_most() -> None:
    for seed in range(20):
        lane.go(seed, 250)


def test_a_turn_that_all_people_share_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    lane.share_one_turn(monkeypatch)
    with pytest.raises(Leak):
        lane.go(0, 250)
