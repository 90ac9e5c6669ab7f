from __future__ import annotations

import pickle
from datetime import timedelta

import pytest

from domain.tokens import Expiring, Lifetimes, LongTerm, Sealed, Secret, first_tokens
from support.builders import START

OLD, NEW = Sealed(b"old"), Sealed(b"new")
DAY, YEAR = timedelta(days=1), timedelta(days=365)


def a_pair(lifetimes: Lifetimes = Lifetimes(DAY, YEAR)) -> Expiring:  # noqa: B008 -- a frozen value
    pair = first_tokens(OLD, OLD, lifetimes, asked_at=START)
    assert isinstance(pair, Expiring)
    return pair


def test_a_refresh_token_in_the_answer_makes_the_grant_expiring() -> None:
    assert isinstance(first_tokens(OLD, OLD, Lifetimes(), asked_at=START), Expiring)
    assert first_tokens(OLD, None, Lifetimes(DAY, YEAR), asked_at=START) == LongTerm(OLD, START)


def test_lifetimes_count_from_before_the_request() -> None:
    pair = a_pair(Lifetimes(timedelta(hours=1), timedelta(days=3)))
    assert (pair.access_expires_at, pair.refresh_expires_at) == (START + timedelta(hours=1), START + timedelta(days=3))
    assert not pair.assumed


def test_missing_lifetimes_are_assumed_and_recorded_as_assumed() -> None:
    pair = a_pair(Lifetimes())
    assert (pair.access_expires_at, pair.refresh_expires_at) == (START + DAY, START + YEAR)
    assert pair.assumed


def test_a_rotation_takes_the_new_pair_and_its_ends() -> None:
    fresh = a_pair().rotated(NEW, NEW, Lifetimes(DAY, YEAR), asked_at=START + DAY / 2)
    assert fresh == Expiring(NEW, NEW, START + DAY / 2, START + 1.5 * DAY, START + DAY / 2 + YEAR)


def test_without_a_new_refresh_token_the_old_one_and_its_end_stay() -> None:
    fresh = a_pair().rotated(NEW, None, Lifetimes(DAY, YEAR), asked_at=START + DAY)
    assert (fresh.refresh, fresh.refresh_expires_at) == (OLD, START + YEAR)


def test_the_year_is_never_pushed_on_by_an_assumption() -> None:
    fresh = a_pair().rotated(NEW, NEW, Lifetimes(), asked_at=START + DAY)
    assert fresh.refresh_expires_at == START + YEAR
    assert fresh.access_expires_at == START + 2 * DAY
    assert fresh.assumed


ABSURD = (timedelta(0), -DAY, timedelta(days=56 * 365), timedelta(days=1000), timedelta.max)


@pytest.mark.parametrize("life", [*ABSURD, timedelta(days=7, seconds=1)])
def test_no_grant_sleeps_for_years_because_of_a_life_that_cannot_be_meant(life: timedelta) -> None:
    for pair in (a_pair(Lifetimes(life, YEAR)), a_pair().rotated(NEW, NEW, Lifetimes(life, YEAR), asked_at=START)):
        assert (pair.access_expires_at, pair.assumed) == (START + DAY, True)


@pytest.mark.parametrize("life", [*ABSURD, timedelta(days=400, seconds=1)])
def test_a_year_that_cannot_be_meant_is_assumed_at_first_and_then_left_as_it_was(life: timedelta) -> None:
    pair = a_pair(Lifetimes(DAY, life))
    assert (pair.refresh_expires_at, pair.assumed) == (START + YEAR, True)
    assert pair.rotated(NEW, NEW, Lifetimes(DAY, life), asked_at=START + DAY).refresh_expires_at == START + YEAR


def test_remaining_life_is_never_negative() -> None:
    assert a_pair().remaining(START + 2 * DAY) == timedelta(0)
    assert a_pair().remaining(START + DAY / 4) == 0.75 * DAY


def test_a_secret_does_not_print_compare_by_text_or_leave_the_process() -> None:
    secret = Secret("hush-hush")
    assert "hush" not in f"{secret} {secret!r} {[secret]}"
    assert secret == Secret("hush-hush") != Secret("other")
    assert hash(secret) == hash(Secret("hush-hush"))
    assert secret != "hush-hush"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_sealed_token_does_not_print_its_ciphertext() -> None:
    assert "old" not in repr(a_pair())
