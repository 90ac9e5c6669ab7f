from __future__ import annotations

from datetime import timedelta

import pytest

from domain.signs_of_life import SignsOfLife

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def signs(*, worker: timedelta | None, beat: timedelta | None, sweep_every: timedelta = 15 * SECOND) -> SignsOfLife:
    return SignsOfLife(worker=worker, beat=beat, sweep_every=sweep_every)


@pytest.mark.parametrize(
    ("worker", "beat", "missing"),
    [
        (SECOND, SECOND, False),
        (SECOND, MINUTE, False),
        (SECOND, MINUTE + SECOND, True),
        (SECOND, None, True),  # workers wait for it
        (None, MINUTE + SECOND, True),
        (None, None, False),  # nobody here works by messages
    ],
)
def test_a_beat_is_missing_where_messages_should_come_and_do_not(
    worker: timedelta | None, beat: timedelta | None, *, missing: bool
) -> None:
    assert signs(worker=worker, beat=beat).beat_is_missing is missing


@pytest.mark.parametrize(
    ("worker", "beat", "missing"),
    [(SECOND, SECOND, False), (2 * MINUTE, SECOND, True), (None, SECOND, True), (None, None, False)],
)
def test_workers_are_missing_where_nobody_gets_a_sweep_done(
    worker: timedelta | None, beat: timedelta | None, *, missing: bool
) -> None:
    assert signs(worker=worker, beat=beat).workers_are_missing is missing


def test_rare_sweeps_are_waited_for_longer() -> None:
    assert not signs(worker=SECOND, beat=timedelta(hours=3), sweep_every=timedelta(hours=1)).beat_is_missing
    assert signs(worker=SECOND, beat=timedelta(hours=5), sweep_every=timedelta(hours=1)).beat_is_missing


@pytest.mark.parametrize(("worker", "missing"), [(30 * SECOND, False), (31 * SECOND, True), (None, True)])
def test_after_two_intervals_without_a_sweep_whoever_can_sweeps(worker: timedelta | None, *, missing: bool) -> None:
    assert signs(worker=worker, beat=SECOND).sweep_is_missing is missing
