"""The statements of docs/dashboard.md, followed literally by a role that has nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from adapters.memory.dashboard import DashboardRow
from adapters.wab.connection_mirror import WabConnectionMirror
from adapters.wab.old_connections import WabOldConnections
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirrored_row import MirroredRow, Remove, Show
from support.builders import START
from support.dashboard_database import DashboardDatabase

DOCUMENT = Path(__file__).parents[3] / "docs/dashboard.md"
ROLE = "tiktok_connect"
ROW = MirroredRow(
    connection=ConnectionId("01934f6e-7a00-7abc-8def-000000000001"),
    owner=OwnerId(str(uuid4())),
    account=AdvertiserId("7000000000000000001"),
    account_name="Shop",
    needs_reauth=False,
    created_at=START,
)

OLD_ROW = DashboardRow(
    id=ConnectionId("3f0e1cde-58d1-4c5c-9f7e-26d7d8b10001"),
    owner=ROW.owner,
    account=ROW.account,
    account_name="Shop",
    created_at=START,
    spend=("2026-11-01",),
)


def blocks() -> list[list[str]]:
    """The statements of each block of SQL."""
    found = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return [[line.strip() for line in block.splitlines() if line.strip()] for block in found]


THE_ROLE, POLICY, IMPORT, IMPORT_OVER = blocks()
CREATION, *GRANTS = THE_ROLE


@contextmanager
def role_in(dashboard: DashboardDatabase, *blocks_of_statements: list[str]) -> Iterator[str]:
    """Have the statements executed by the owner of the tables, for a role of this test; returns the URL as that role."""
    role = f"{ROLE}_{uuid4().hex[:12]}"
    try:
        for statements in blocks_of_statements:
            dashboard.do(*(statement.replace(ROLE, role) for statement in statements))
        yield dashboard.owner_url.replace("postgres@", f"{role}:choose-one@")
    finally:
        with psycopg.connect(dashboard.owner_url, autocommit=True) as connection:
            for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
                connection.execute(sql.SQL(statement).format(sql.Identifier(role)))
            connection.execute("ALTER TABLE ad_platform_connections DISABLE ROW LEVEL SECURITY")


def lacks(url: str) -> list[str]:
    mirror = WabConnectionMirror(url)
    try:
        return [lack.line for lack in mirror.lacks()]
    finally:
        mirror.dispose()


@pytest.mark.parametrize("blocks_of_statements", [(THE_ROLE,), (THE_ROLE, POLICY)], ids=["grants", "grants and policy"])
def test_the_documents_statements_are_enough(
    new_dashboard: DashboardDatabase, blocks_of_statements: tuple[list[str], ...]
) -> None:
    new_dashboard.add_user(ROW.owner)
    with role_in(new_dashboard, *blocks_of_statements) as url:
        assert lacks(url) == []
        new_dashboard.put(OLD_ROW)
        mirror = WabConnectionMirror(url)
        assert mirror.settle(ROW.connection, lambda _: Show(ROW, insert=True)).difference is None
        assert [(row.id, row.spend) for row in new_dashboard.shown_to(ROW.owner)] == [(ROW.connection, OLD_ROW.spend)]
        assert mirror.is_user(ROW.owner)
        assert [row.connection for row in mirror.look([ROW.owner]).rows] == [ROW.connection]
        assert mirror.settle(ROW.connection, lambda _: Remove()).difference is None
        assert new_dashboard.shown_to(ROW.owner) == []
        mirror.dispose()


@pytest.mark.parametrize("left_out", [grant for grant in GRANTS if "SCHEMA" not in grant])
def test_each_grant_that_is_left_out_is_named(new_dashboard: DashboardDatabase, left_out: str) -> None:
    """But for the schema's: everybody may use `public`, unless an administrator took that away."""
    with role_in(new_dashboard, [statement for statement in THE_ROLE if statement != left_out]) as url:
        [line] = lacks(url)
        what, table = left_out.removesuffix(f" TO {ROLE};").removeprefix("GRANT ").rsplit(" ON ", 1)
        assert f"GRANT {what} ON {table} TO " in line


def test_without_a_grant_for_the_schema_nothing_is_seen(new_dashboard: DashboardDatabase) -> None:
    new_dashboard.do("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    with role_in(new_dashboard, [statement for statement in THE_ROLE if "SCHEMA" not in statement]) as url:
        assert all("GRANT USAGE ON SCHEMA" in line for line in lacks(url))
        assert len(lacks(url)) == 5
    with role_in(new_dashboard, THE_ROLE) as url:
        assert lacks(url) == []


def test_tokens_are_permitted_for_the_import_alone(new_dashboard: DashboardDatabase) -> None:
    for statements, lines in (((THE_ROLE,), 2), ((THE_ROLE, IMPORT), 0), ((THE_ROLE, IMPORT, IMPORT_OVER), 2)):
        with role_in(new_dashboard, *statements) as url:
            old = WabOldConnections(url)
            assert len(old.lacks()) == lines
            if not lines:
                assert old.owners() == []
            old.dispose()
            assert lacks(url) == []
