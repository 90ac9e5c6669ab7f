from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from litestar.testing import TestClient

from support.scriptless_browser import ADDRESS, PlainBrowser, app_over, demo_settings
from support.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def browser(world: World, tmp_path: Path) -> Iterator[PlainBrowser]:
    """A browser at the demo, nobody signed in."""
    with TestClient(app_over(world, demo_settings(tmp_path)), base_url=ADDRESS) as client:
        yield PlainBrowser(client, world)


@pytest.fixture
def nora(browser: PlainBrowser) -> PlainBrowser:
    """Nora's browser, signed in."""
    return browser.sign_in()


@pytest.fixture
def deployed(world: World, tmp_path: Path) -> Iterator[PlainBrowser]:
    """A browser at a service that is not the demo."""
    with TestClient(app_over(world, replace(demo_settings(tmp_path), demo=None)), base_url=ADDRESS) as client:
        yield PlainBrowser(client, world)
