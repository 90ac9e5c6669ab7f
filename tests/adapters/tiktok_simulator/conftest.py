from collections.abc import Iterator

import httpx
import pytest

from adapters.tiktok_simulator.running_simulator import RunningSimulator
from adapters.tiktok_simulator.server import running_simulator
from support.simulated_app import SimulatedApp, WireApp, an_app


@pytest.fixture
def app() -> SimulatedApp:
    return an_app()


@pytest.fixture
def tiktok() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def wire(tiktok: RunningSimulator) -> Iterator[WireApp]:
    with httpx.Client(timeout=5) as client:
        yield WireApp(tiktok, client)
