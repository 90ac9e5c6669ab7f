from contextvars import ContextVar

from entrypoints.context_threads import ContextThreads

sweep = ContextVar("sweep", default="none")


def test_work_is_done_in_the_context_of_whoever_gave_it() -> None:
    with ContextThreads(1) as threads:
        token = sweep.set("the first")
        assert list(threads.map(lambda _: sweep.get(), range(2))) == ["the first"] * 2
        sweep.reset(token)
        assert threads.submit(sweep.get).result() == "none"
