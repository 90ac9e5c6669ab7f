"""What is promised of the dashboard's own connections from before, on a real PostgreSQL in tables of the dashboard's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import uuid4

import psycopg
import pytest

from adapters.crypto.dashboard_tokens import DashboardTokens
from adapters.memory.old_connections import MemoryOldConnections
from adapters.wab.old_connections import WabOldConnections
from application.ports.connection_mirror import MirrorUnavailable
from application.ports.old_connections import Emptied, OldConnections, OldRow, OldTokens
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.tokens import Secret
from support.dashboard_database import DashboardDatabase
from support.old_connections import DASHBOARD_KEY, OldRows, Pair, sealed

CREATED, EXPIRES = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 11, 2, 6, tzinfo=UTC)
PAIR = Pair("an-access-token", "a-refresh-token", EXPIRES)
PERMITS = "GRANT UPDATE (access_token, refresh_token, token_expires_at) ON ad_platform_connections TO {role}"

FORBIDS = "REVOKE UPDATE (access_token, refresh_token, token_expires_at) ON ad_platform_connections FROM {role}"
HIDES = "REVOKE SELECT ON ad_platform_connections FROM {role}"


class Before(Protocol):
    """What was done over there before, and goes on."""

    def add(self, owner: str, account: str, pair: Pair, created_at: datetime, *, status: str = "active") -> str: ...
    def renew(self, row: str, pair: Pair) -> None: ...
    def delete(self, row: str) -> None: ...
    def tokens(self) -> dict[str, tuple[str, str | None]]: ...


class InMemory:
    """The same of the dashboard in memory."""

    def __init__(self) -> None:
        self.old = MemoryOldConnections()

    def add(self, owner: str, account: str, pair: Pair, created_at: datetime, *, status: str = "active") -> str:
        row = ConnectionId(str(uuid4()))
        texts, shop = texts_of(pair), f"Shop {account}"
        self.old.rows[row] = OldRow(
            row, OwnerId(owner), AdvertiserId(account), shop, *texts, pair.expires_at, status, created_at, created_at
        )
        return row

    def renew(self, row: str, pair: Pair) -> None:
        access, refresh = texts_of(pair)
        there = self.old.rows[ConnectionId(row)]
        self.old.rows[there.id] = replace(there, access_text=access, refresh_text=refresh, token_expires_at=pair.expires_at)

    def delete(self, row: str) -> None:
        del self.old.rows[ConnectionId(row)]

    def tokens(self) -> dict[str, tuple[str, str | None]]:
        return {row.id: (row.access_text, row.refresh_text) for row in self.old.rows.values()}


def texts_of(pair: Pair) -> tuple[str, str | None]:
    return sealed(pair.access), sealed(pair.refresh) if pair.refresh else None


class Rig(NamedTuple):
    old: OldConnections
    before: Before
    owner: OwnerId


@pytest.fixture
def on_postgres(dashboard: DashboardDatabase) -> Iterator[Rig]:
    """A user of the dashboard, while the import is permitted."""
    user, rows, old = OwnerId(str(uuid4())), OldRows(dashboard), WabOldConnections(dashboard.url)
    dashboard.add_user(user)
    dashboard.do(PERMITS.format(role=dashboard.role))
    yield Rig(old, rows, user)
    dashboard.do(FORBIDS.format(role=dashboard.role))
    rows.close()
    old.dispose()


@pytest.fixture(params=["memory", "postgres"])
def rig(request: pytest.FixtureRequest) -> Rig:
    if request.param == "memory":
        before = InMemory()
        return Rig(before.old, before, OwnerId(str(uuid4())))
    rig: Rig = request.getfixturevalue("on_postgres")
    return rig


def test_rows_are_read_as_they_were_written_in_utc(rig: Rig) -> None:
    old, written, owner = rig
    name = written.add(owner, "7000000000000000001", PAIR, CREATED, status="needs_reauth")
    assert old.owners() == [owner]
    [row] = old.of_owner(owner)
    tokens: OldTokens = DashboardTokens([Secret(DASHBOARD_KEY)])
    assert (row.id, row.owner, row.account, row.status) == (name, owner, "7000000000000000001", "needs_reauth")
    assert (row.created_at, row.updated_at, row.token_expires_at) == (CREATED, CREATED, EXPIRES)
    assert [tokens.open(row.access_text), tokens.open(row.refresh_text or "")] == [
        Secret("an-access-token"),
        Secret("a-refresh-token"),
    ]
    assert row.access_text not in repr(row)


def test_rows_of_ours_of_others_and_without_a_token_are_not_read(on_postgres: Rig) -> None:
    old, written, owner = on_postgres
    assert isinstance(written, OldRows)
    names = [written.add(owner, str(n), PAIR, CREATED) for n in range(3)]
    written.change(names[0], "platform", "meta_ads")
    written.change(names[1], "access_token", "")
    written.change(names[2], "id", "01934f6e-7a00-7abc-8def-000000000001")
    assert (old.owners(), old.of_owner(owner)) == ([], [])


def test_tokens_are_emptied_where_they_are_what_was_read(rig: Rig) -> None:
    old, written, owner = rig
    name = written.add(owner, "1", PAIR, CREATED)
    [row] = old.of_owner(owner)
    assert [old.empty(row), old.empty(row)] == [Emptied.EMPTIED, Emptied.EMPTIED]
    assert written.tokens() == {name: ("", None)}
    assert old.of_owner(owner) == []


def test_a_long_term_token_is_emptied_too(rig: Rig) -> None:
    old, written, owner = rig
    name = written.add(owner, "1", Pair("a-long-term-token", None, None), CREATED)
    [row] = old.of_owner(owner)
    assert (row.refresh_text, row.token_expires_at) == (None, None)
    assert old.empty(row) is Emptied.EMPTIED
    assert written.tokens() == {name: ("", None)}


def test_tokens_that_were_renewed_meanwhile_are_left(rig: Rig) -> None:
    old, written, owner = rig
    name = written.add(owner, "1", PAIR, CREATED)
    [row] = old.of_owner(owner)
    written.renew(name, Pair("newer", "newer-refresh", EXPIRES + timedelta(days=1)))
    before = written.tokens()
    assert old.empty(row) is Emptied.CHANGED
    assert written.tokens() == before


def test_a_row_that_is_gone_is_told(rig: Rig) -> None:
    old, written, owner = rig
    name = written.add(owner, "1", PAIR, CREATED)
    [row] = old.of_owner(owner)
    written.delete(name)
    assert old.empty(row) is Emptied.GONE


def test_what_is_not_permitted_is_named_with_its_statement(new_dashboard: DashboardDatabase) -> None:
    old, role = WabOldConnections(new_dashboard.url), new_dashboard.role
    new_dashboard.do(HIDES.format(role=role))
    statements = [lack.line.rpartition(": ")[2] for lack in old.lacks()]
    assert statements == [
        f"GRANT SELECT (access_token, refresh_token, token_expires_at, updated_at) ON ad_platform_connections TO {role}",
        PERMITS.format(role=role),
    ]
    new_dashboard.do(*statements)
    assert old.lacks() == []
    old.dispose()


def test_a_database_that_is_away_is_told(dashboard: DashboardDatabase) -> None:
    old = WabOldConnections(dashboard.url)
    with psycopg.connect(dashboard.server.url(), autocommit=True) as administrator:
        administrator.execute(f"ALTER DATABASE {dashboard.name} ALLOW_CONNECTIONS false".encode())
        with pytest.raises(MirrorUnavailable):
            old.owners()
        old.dispose()
        administrator.execute(f"ALTER DATABASE {dashboard.name} ALLOW_CONNECTIONS true".encode())
