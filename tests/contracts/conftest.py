from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.databases import Kept, in_memory, in_sql


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    """One database after the other, empty."""
    stored = in_memory() if request.param == "memory" else in_sql(request.getfixturevalue(f"migrated_{request.param}_url"))
    yield stored
    stored.close()
