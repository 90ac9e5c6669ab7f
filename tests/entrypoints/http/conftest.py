from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from domain.tokens import Secret
from entrypoints.operations import migrate_schema
from support.http_application import House, a_house, a_served_house, some_settings
from support.world import World


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database with the schema, for looking at."""
    file = tmp_path_factory.mktemp("schema") / "connect.db"
    migrate_schema(Secret(f"sqlite+pysqlite:///{file}"))
    return f"sqlite:///{file}"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def places(migrated_database: str, tmp_path: Path) -> dict[str, str | None]:
    """The settings that say where things are kept."""
    return {"DATABASE_URL": migrated_database, "JOURNAL_DIR": str(tmp_path / "journal")}


@pytest.fixture
def open_house(world: World, places: dict[str, str | None]) -> Iterator[Callable[..., House]]:
    """Opens the house with other settings (None: unset); at the end it is closed."""
    with ExitStack() as houses:

        def opened(**changes: str | None) -> House:
            return houses.enter_context(a_house(world, some_settings(**(places | changes))))

        yield opened


@pytest.fixture
def serve_house(world: World, places: dict[str, str | None]) -> Iterator[Callable[..., str]]:
    """Serves the house behind a real socket, with other settings (None: unset); returns its address."""
    with ExitStack() as houses:

        def served(**changes: str | None) -> str:
            return houses.enter_context(a_served_house(world, some_settings(**(places | changes))))

        yield served


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """The house as it is usually configured."""
    return open_house()
