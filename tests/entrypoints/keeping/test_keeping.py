from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from domain.errors import StoreUnavailable
from entrypoints.keeping import Keeper

SOON = timedelta(milliseconds=5)


class Looks:
    """Looks at a store that is away at first, and once stranger than that."""

    def __init__(self) -> None:
        self.count, self.enough = 0, threading.Event()

    def __call__(self) -> None:
        self.count += 1
        if self.count > 3:
            self.enough.set()
        if self.count == 1:
            raise StoreUnavailable
        if self.count == 2:
            raise RuntimeError("strange")


def test_a_keeper_looks_until_it_is_stopped_whatever_happens_to_the_store(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    looks = Looks()
    keeper = Keeper(looks, every=SOON)
    keeper.start()
    assert looks.enough.wait(5)
    keeper.stop()
    seen = looks.count
    assert [r.getMessage() for r in caplog.records] == [
        "the database is away; what it should have is in the journal",
        "keeping in touch with the database failed",
        "the database is back",
    ]
    assert looks.count == seen
