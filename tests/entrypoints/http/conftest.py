from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from support.http_application import House, a_house, a_served_house, some_settings
from support.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def open_house(world: World) -> Iterator[Callable[..., House]]:
    """Opens the house with other settings (None: unset); at the end it is closed."""
    with ExitStack() as houses:

        def opened(**changes: str | None) -> House:
            return houses.enter_context(a_house(world, some_settings(**changes)))

        yield opened


@pytest.fixture
def serve_house(world: World) -> Iterator[Callable[..., str]]:
    """Serves the house behind a real socket, with other settings (None: unset); returns its address."""
    with ExitStack() as houses:

        def served(**changes: str | None) -> str:
            return houses.enter_context(a_served_house(world, some_settings(**changes)))

        yield served


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """The house as it is usually configured."""
    return open_house()
