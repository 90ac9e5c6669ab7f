from collections.abc import Iterator
from dataclasses import replace

import pytest
from litestar.testing import TestClient

from plain_browser import ADDRESS, PlainBrowser, app_over, demo_settings
from world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def browser(world: World) -> Iterator[PlainBrowser]:
    """A browser at the demo, nobody signed in."""
    with TestClient(app_over(world, demo_settings()), base_url=ADDRESS) as client:
        yield PlainBrowser(client, world)


@pytest.fixture
def nora(browser: PlainBrowser) -> PlainBrowser:
    """Nora's browser, signed in."""
    return browser.sign_in()


@pytest.fixture
def deployed(world: World) -> Iterator[PlainBrowser]:
    """A browser at a service that is not the demo."""
    with TestClient(app_over(world, replace(demo_settings(), demo=None)), base_url=ADDRESS) as client:
        yield PlainBrowser(client, world)
