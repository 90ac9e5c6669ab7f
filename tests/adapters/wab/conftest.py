from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.wab.connection_mirror import WabConnectionMirror
from support.dashboard_database import ANNA, DashboardDatabase


@pytest.fixture
def mirror(dashboard: DashboardDatabase) -> Iterator[WabConnectionMirror]:
    """Over the dashboard whose tables are as they were made; Anna is a user."""
    dashboard.add_user(ANNA)
    opened = WabConnectionMirror(dashboard.url)
    yield opened
    opened.dispose()


@pytest.fixture
def altered(new_dashboard: DashboardDatabase) -> Iterator[WabConnectionMirror]:
    """Over `new_dashboard`, whose tables a test alters; Anna is a user."""
    new_dashboard.add_user(ANNA)
    opened = WabConnectionMirror(new_dashboard.url)
    yield opened
    opened.dispose()
