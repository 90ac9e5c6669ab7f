from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.sql.database import Database, open_database

BOTH = ("sqlite", "postgres")


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path') / 'a folder' / 'test.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """A database with our tables."""
    return str(request.getfixturevalue(f"migrated_{request.param}_url"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url)
    yield opened
    opened.dispose()
