"""The promises of the port `Executor`, over a pool of threads and over one call at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.memory.executor import SerialExecutor
from application.ports.executor import Executor


@pytest.fixture(params=["serial", "threads"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "serial":
        yield SerialExecutor()
        return
    with ThreadPoolExecutor(4) as threads:
        yield threads


def test_results_come_in_the_order_of_the_things(executor: Executor) -> None:
    assert list(executor.map(lambda number: number * number, range(20))) == [number * number for number in range(20)]


def test_an_error_of_one_call_reaches_the_caller(executor: Executor) -> None:
    with pytest.raises(ZeroDivisionError):
        list(executor.map(lambda number: 1 // number, [1, 0]))
