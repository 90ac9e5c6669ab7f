from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from application.rotation.claim_results import InFlight
from domain.errors import ConnectionNotFound
from entrypoints.fair_threads import FairThreads
from entrypoints.http.api.wait_for_running_rotation import SharedWaits, StillInFlight

SHORT = timedelta(milliseconds=300)
THREADS_OF_ONE = 8


def test_all_who_ask_at_once_share_one_question() -> None:
    asked: list[str] = []

    def ask() -> str:
        asked.append(threading.current_thread().name)
        time.sleep(0.1)
        return "answer"

    async def main() -> list[str]:
        with ThreadPoolExecutor(4, thread_name_prefix="people") as pool:
            waiting = SharedWaits(FairThreads(THREADS_OF_ONE, pool))
            return await asyncio.gather(*(waiting.share("key", ask, subject="anna") for _ in range(100)))

    assert asyncio.run(main()) == ["answer"] * 100
    assert len(asked) == 1
    assert asked[0].startswith("people")


def test_other_keys_ask_for_themselves_and_a_later_caller_asks_anew() -> None:
    async def main() -> list[int]:
        numbers = iter(range(10))
        with ThreadPoolExecutor(4) as pool:
            waiting = SharedWaits(FairThreads(THREADS_OF_ONE, pool))
            first = await waiting.share("a", lambda: next(numbers), subject="anna")
            return [
                first,
                await waiting.share("a", lambda: next(numbers), subject="anna"),
                await waiting.share("b", lambda: next(numbers), subject="anna"),
            ]

    assert asyncio.run(main()) == [0, 1, 2]


def test_a_renewal_elsewhere_is_asked_about_until_it_ends() -> None:
    answers: Iterator[str | InFlight] = iter([InFlight(), InFlight(), "renewed"])

    async def main() -> str:
        with ThreadPoolExecutor(1) as pool:
            return await SharedWaits(FairThreads(THREADS_OF_ONE, pool)).share("key", lambda: next(answers), subject="anna")

    assert asyncio.run(main()) == "renewed"


def test_waiting_is_bounded_and_what_was_begun_goes_on() -> None:
    answered, ended = threading.Event(), threading.Event()

    def slow() -> str:
        assert answered.wait(30)
        ended.set()
        return "late"

    async def main() -> None:
        with ThreadPoolExecutor(1) as pool:
            waiting = SharedWaits(FairThreads(THREADS_OF_ONE, pool), SHORT)
            with pytest.raises(StillInFlight):
                await waiting.share("key", slow, subject="anna")
            answered.set()
            await waiting.land()
            assert ended.is_set()

    asyncio.run(main())


def test_a_caller_who_leaves_takes_nothing_from_the_others() -> None:
    asked, left = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        assert left.wait(30)
        return "answer"

    async def main() -> str:
        with ThreadPoolExecutor(1) as pool:
            waiting = SharedWaits(FairThreads(THREADS_OF_ONE, pool))
            impatient = asyncio.create_task(waiting.share("key", slow, subject="anna"))
            assert await asyncio.to_thread(asked.wait, 30)
            patient = asyncio.create_task(waiting.share("key", lambda: "another", subject="anna"))
            await asyncio.sleep(0)
            impatient.cancel()
            await asyncio.sleep(0)
            left.set()
            return await patient

    assert asyncio.run(main()) == "answer"


def test_a_refusal_is_told_to_everybody() -> None:
    def refuse() -> str:
        time.sleep(0.05)
        raise ConnectionNotFound

    async def main() -> list[object]:
        with ThreadPoolExecutor(1) as pool:
            waiting = SharedWaits(FairThreads(THREADS_OF_ONE, pool))
            return await asyncio.gather(*(waiting.share("key", refuse, subject="anna") for _ in range(3)), return_exceptions=True)

    assert [type(outcome) for outcome in asyncio.run(main())] == [ConnectionNotFound] * 3


def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    begun: list[str] = []
    free = threading.Event()

    async def main() -> None:
        with ThreadPoolExecutor(1) as pool:
            waiting = SharedWaits(FairThreads(THREADS_OF_ONE, pool), SHORT)
            busy = asyncio.create_task(waiting.run(lambda: free.wait(30), subject="bert"))
            await asyncio.sleep(SHORT.total_seconds() / 3)  # until it has the only thread
            with pytest.raises(StillInFlight):
                await waiting.share("key", lambda: begun.append("too late"), subject="anna")
            free.set()
            await busy
            await waiting.land()

    asyncio.run(main())
    assert begun == []
