"""The reference page and docs/simulator.md name everything that is there."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from adapters.tiktok_simulator.api import HANDLERS
from adapters.tiktok_simulator.config import Config
from adapters.tiktok_simulator.control_api import ControlDoor
from adapters.tiktok_simulator.planned_faults import FaultKind
from adapters.tiktok_simulator.reference import CONTROL, FAULTS, PATHS
from adapters.tiktok_simulator.simulator import Simulator
from adapters.tiktok_simulator.token_state_machine import Machine
from support.simulated_app import WireApp

GUIDE = (Path(__file__).parents[3] / "docs/simulator.md").read_text()
SETTINGS = [field.encode_name for field in msgspec.structs.fields(Config)]


def test_every_path_fault_and_control_has_its_line() -> None:
    assert PATHS.keys() == HANDLERS.keys()
    assert set(FAULTS) == set(get_args(FaultKind))
    assert set(CONTROL) == {f"/_sim/{name}" for name in ControlDoor(Simulator(Machine())).paths}


@pytest.mark.parametrize("name", [*PATHS, *FAULTS, *CONTROL, *SETTINGS])
def test_the_page_and_the_guide_name_it(wire: WireApp, name: str) -> None:
    assert f"`{name}`" in GUIDE
    assert name in wire.client.get(wire.tiktok.url).text
