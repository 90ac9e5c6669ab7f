"""The pytest fixture `tiktok_simulator`, for the tests of others."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .running_simulator import RunningSimulator


@pytest.fixture
def tiktok_simulator() -> "Iterator[RunningSimulator]":
    """A fresh simulator of TikTok on a free port of 127.0.0.1, in a thread; `tiktok_simulator.control` controls it."""
    from .server import running_simulator  # noqa: PLC0415 - a test run that does not use it does not pay for it

    with running_simulator() as running:
        yield running
