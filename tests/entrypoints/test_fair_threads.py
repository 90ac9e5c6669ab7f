"""Nobody has more than a few threads of a pool."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from entrypoints.fair_threads import FairThreads, SubjectKind


@pytest.mark.parametrize("hostile", [kind.named("eve") for kind in SubjectKind] + ["service anna", "address anna"])
@pytest.mark.parametrize("most", [1, 8])
def test_one_subject_has_a_part_of_the_threads_and_others_find_the_rest(most: int, hostile: str) -> None:
    """Also where a service, or an address, is called like the user who is served."""

    async def main() -> None:
        with ThreadPoolExecutor(2 * most) as pool:
            threads, free, started = FairThreads(most, pool), threading.Event(), list[str]()

            def hold() -> bool:
                started.append("eve")
                return free.wait(60)

            eves = [asyncio.create_task(threads.run(hold, subject=hostile)) for _ in range(3 * most)]
            await asyncio.sleep(0)
            assert await threads.run(lambda: "served", subject=SubjectKind.USER.named("anna")) == "served"
            assert len(started) <= most
            free.set()
            assert await asyncio.gather(*eves) == [True] * len(eves)

    asyncio.run(main())


def test_work_that_fails_and_callers_who_leave_give_their_places_back() -> None:
    async def main() -> None:
        with ThreadPoolExecutor(1) as pool:
            threads, free = FairThreads(1, pool), threading.Event()
            with pytest.raises(ZeroDivisionError):
                await threads.run(lambda: 1 / 0, subject="eve")
            held = asyncio.create_task(threads.run(lambda: free.wait(60), subject="eve"))
            leaver = asyncio.create_task(threads.run(lambda: True, subject="eve"))
            await asyncio.sleep(0)
            leaver.cancel()
            free.set()
            assert await held
            assert await threads.run(lambda: "served", subject="eve") == "served"

    asyncio.run(main())
