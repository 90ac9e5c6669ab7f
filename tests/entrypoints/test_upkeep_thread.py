from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from application.ports.journal import JournalUnavailable
from domain.errors import StoreUnavailable
from entrypoints.upkeep_thread import UpkeepThread

SOON = timedelta(milliseconds=5)


class LooksAtAStore:
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
    looks = LooksAtAStore()
    upkeep_thread = UpkeepThread(looks, every=SOON)
    upkeep_thread.start()
    assert looks.enough.wait(30)
    upkeep_thread.stop()
    seen = looks.count
    assert [r.getMessage() for r in caplog.records] == [
        "the database is away; what it should have is in the journal",
        "a look at the database and the journal failed",
        "the database is back",
    ]
    assert looks.count == seen


class LooksAtAJournal(LooksAtAStore):
    """Looks of which the first two find no journal that can be used."""

    def __call__(self) -> None:
        self.count += 1
        if self.count > 3:
            self.enough.set()
        if self.count < 3:
            raise JournalUnavailable("PermissionError")


def test_trouble_with_the_journal_is_told_once_and_not_blamed_on_the_database(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    looks = LooksAtAJournal()
    upkeep_thread = UpkeepThread(looks, every=SOON)
    upkeep_thread.start()
    assert looks.enough.wait(30)
    upkeep_thread.stop()
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("CRITICAL", "the journal can't be used: see JOURNAL_DIR; an answer that the database won't take would be lost"),
        ("INFO", "the journal can be used again"),
    ]
