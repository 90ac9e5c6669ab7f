"""The dashboard's own database as its migrations make it, on a real PostgreSQL whose sessions are in New York."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import psycopg
from psycopg import sql

from adapters.memory.dashboard import DashboardRow
from domain.delivered_spend import DeliveredRow
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirrored_row import MirroredRow, Show
from support import servers
from support.builders import DAY, START

ANNA = OwnerId("0b6f2c1e-3a52-4a0e-9d0c-0a4a5be31a01")
BEN = OwnerId("5d0ab9f4-91c0-4f8c-8a52-73a1d9b7bb02")
OURS = ConnectionId("01934f6e-7a00-7abc-8def-000000000001")
OLD = ConnectionId("3f0e1cde-58d1-4c5c-9f7e-26d7d8b10001")
SHOP = AdvertiserId("7000000000000000001")

USERS = "CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text UNIQUE NOT NULL)"

CONNECTIONS = """
CREATE TABLE ad_platform_connections (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    platform varchar(50) NOT NULL,
    account_id varchar(100) NOT NULL,
    account_name varchar(255),
    access_token text NOT NULL,
    refresh_token text,
    token_expires_at timestamp,
    status varchar(50) NOT NULL DEFAULT 'active',
    created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now()
)
"""

SPEND = """
CREATE TABLE ad_spend (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    connection_id uuid NOT NULL REFERENCES ad_platform_connections ON DELETE CASCADE,
    campaign_id varchar(100) NOT NULL,
    campaign_name varchar(255),
    date timestamp NOT NULL,
    spend numeric(10, 2) NOT NULL,
    impressions int NOT NULL DEFAULT 0,
    clicks int NOT NULL DEFAULT 0,
    currency varchar(10) NOT NULL DEFAULT 'GBP',
    created_at timestamp NOT NULL DEFAULT now()
)
"""

OTHERS = """
CREATE TABLE stores (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    api_key text NOT NULL,
    access_token text NOT NULL
);
CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES stores ON DELETE CASCADE,
    external_id varchar(100),
    order_number text,
    total numeric(10, 2),
    subtotal numeric(10, 2),
    tax numeric(10, 2),
    shipping numeric(10, 2),
    discount numeric(10, 2),
    currency varchar(10) DEFAULT 'GBP',
    status varchar(50),
    customer_email_hash text,
    attribution jsonb,
    date_created timestamp
);
"""

WRITTEN = "id, user_id, platform, account_id, account_name, access_token, status, created_at, updated_at"
OF_SPEND = "connection_id, campaign_id, campaign_name, date, spend, impressions, clicks, currency"

ORDER_COLUMNS = "id, store_id, external_id, total, currency, status, attribution, date_created"

GRANTS = (
    "GRANT SELECT (id) ON users TO {role}",
    "GRANT SELECT, DELETE ON ad_platform_connections TO {role}",
    f"GRANT INSERT ({WRITTEN}) ON ad_platform_connections TO {{role}}",
    "GRANT UPDATE (account_name, status, updated_at) ON ad_platform_connections TO {role}",
    f"GRANT SELECT ({OF_SPEND}), INSERT (id, {OF_SPEND}, created_at), UPDATE (connection_id), DELETE ON ad_spend TO {{role}}",
    "GRANT SELECT (id, user_id) ON stores TO {role}",
    f"GRANT SELECT ({ORDER_COLUMNS}) ON orders TO {{role}}",
)
"""What the mirror's role is given, and nothing else."""


Backup = tuple[list[tuple[object, ...]], list[tuple[object, ...]]]
WholeBackup = tuple[Backup, list[tuple[object, ...]]]
"""With spend."""


def showing(*, insert: bool = True, name: str = "Shop 1", needs_reauth: bool = False) -> Show:
    """Anna's connection is to be shown so."""
    return Show(MirroredRow(OURS, ANNA, SHOP, name, needs_reauth=needs_reauth, created_at=START), insert=insert)


def an_old_row(connection: ConnectionId = OLD, *, created_at: datetime = START - 9 * DAY) -> DashboardRow:
    """A row of the dashboard's own, as it wrote them before."""
    return DashboardRow(connection, ANNA, SHOP, "Shop", created_at, token="sealed", spend=("2026-10-01",))


class DashboardDatabase:
    """What people and operators do over there, as the database's owner; the same words as of the dashboard in memory."""

    def __init__(self, server: servers.Postgres, owner_url: str) -> None:
        self.server, self.owner_url = server, owner_url
        self.name = owner_url.rpartition("/")[2]
        self.role = f"mirror_{self.name}"
        self._connection = psycopg.connect(owner_url, autocommit=True)
        self.is_open = True
        """Whether the mirror's role is let in."""
        self.do(USERS, CONNECTIONS, SPEND, OTHERS)
        self.do(f"ALTER DATABASE {self.name} SET timezone = 'America/New_York'", "CREATE ROLE {role} LOGIN")
        self.permit()

    @property
    def url(self) -> str:
        """The mirror's way to it."""
        return self.owner_url.replace("postgres@", f"{self.role}@")

    def do(self, *statements: str) -> None:
        """Execute statements as the owner, with {role} for the mirror's."""
        for statement in statements:
            self._connection.execute(statement.replace("{role}", self.role).encode())

    def ask(self, question: str) -> list[tuple[object, ...]]:
        """Query as the owner."""
        return self._connection.execute(question.encode()).fetchall()

    def add_user(self, owner: OwnerId) -> None:
        self._connection.execute("INSERT INTO users (id, email) VALUES (%s, %s)", (owner, f"{owner}@example.org"))

    def delete_user(self, owner: OwnerId) -> None:
        self._connection.execute("DELETE FROM users WHERE id = %s", (owner,))

    def shown_to(self, owner: OwnerId) -> list[DashboardRow]:
        """What its page lists for a person."""
        rows = self._connection.execute(
            "SELECT c.id::text, user_id::text, account_id, account_name, c.created_at, status, access_token, platform,"
            " array(SELECT to_char(date, 'YYYY-MM-DD') FROM ad_spend WHERE connection_id = c.id ORDER BY date)"
            " FROM ad_platform_connections c WHERE user_id = %s ORDER BY c.created_at",
            (owner,),
        )
        return [
            DashboardRow(
                ConnectionId(row[0]),
                OwnerId(row[1]),
                AdvertiserId(row[2]),
                row[3],
                row[4].replace(tzinfo=UTC),
                row[5],
                row[6],
                row[7],
                tuple(row[8]),
            )
            for row in rows
        ]

    def spend_of(self, connection: ConnectionId) -> dict[date, tuple[DeliveredRow, ...]]:
        """What its pages add up: the days of a connection that have rows."""
        days = defaultdict[date, list[DeliveredRow]](list)
        for moment, *row in self._connection.execute(
            "SELECT date, campaign_id, campaign_name, spend, impressions, clicks, currency FROM ad_spend"
            " WHERE connection_id = %s",
            (connection,),
        ):
            assert moment == datetime.combine(moment.date(), datetime.min.time()), "midnight"
            days[moment.date()].append(DeliveredRow(*row))
        return {day: tuple(sorted(rows)) for day, rows in days.items()}

    def put(self, row: DashboardRow) -> None:
        """Write a row behind our back."""
        with self._connection.transaction():
            self._connection.execute(
                "INSERT INTO ad_platform_connections"
                " (id, user_id, platform, account_id, account_name, access_token, status, created_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (row.id, row.owner, row.platform, row.account, row.account_name, row.token, row.status, naive(row.created_at)),
            )
            for day in row.spend:
                self._connection.execute(
                    "INSERT INTO ad_spend (connection_id, campaign_id, date, spend) VALUES (%s, 'campaign', %s, 12.34)",
                    (row.id, day),
                )

    def delete_row(self, row: ConnectionId) -> None:
        """The dashboard's own Disconnect."""
        self._connection.execute("DELETE FROM ad_platform_connections WHERE id = %s", (row,))

    def empty(self) -> None:
        """Leave its tables without rows, and the role with what it was given."""
        self.do("TRUNCATE users CASCADE")
        self.permit()

    def permit(self) -> None:
        """Give the role what it needs, and nothing else."""
        self.do("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}", *GRANTS)

    def truncate(self) -> None:
        self._connection.execute("TRUNCATE ad_platform_connections CASCADE")

    def add_strange(self, connection: ConnectionId, owner: OwnerId) -> None:
        """A row of our kind that another deployment wrote."""
        self.put(DashboardRow(connection, owner, AdvertiserId("7999999999999999999"), "Strange", START))

    def let_in(self, *, allowed: bool) -> None:
        """Let the mirror's role in, or end what it has and refuse it."""
        self.is_open = allowed
        self.do(f"ALTER ROLE {{role}} {'LOGIN' if allowed else 'NOLOGIN'}")
        if not allowed:
            ends = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s"
            self._connection.execute(ends, (self.role,)).fetchall()

    def backup(self) -> Backup:
        """All users and connections as they are now."""
        return self.ask("SELECT id, email FROM users"), self.ask("SELECT * FROM ad_platform_connections")

    def restore(self, backup: Backup, *, anew: bool) -> None:
        """Back to a backup: into the tables that there are, or into a table of connections that is made anew."""
        users, connections = backup
        self.do("TRUNCATE users CASCADE")
        if anew:
            self.do("DROP TABLE ad_spend, ad_platform_connections", CONNECTIONS, SPEND)
            self.permit()
        with self._connection.cursor() as cursor:
            cursor.executemany("INSERT INTO users (id, email) VALUES (%s, %s)", users)
            cursor.executemany(
                "INSERT INTO ad_platform_connections VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", connections
            )

    def whole_backup(self) -> WholeBackup:
        """The same with all spend."""
        return self.backup(), self.ask("SELECT * FROM ad_spend")

    def restore_whole(self, backup: WholeBackup) -> None:
        """Back to it, in the tables that there are."""
        rows, spend = backup
        self.restore(rows, anew=False)
        with self._connection.cursor() as cursor:
            cursor.executemany("INSERT INTO ad_spend VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", spend)

    def reopen(self) -> None:
        """Connect as its owner again: the server was stopped, or the database made anew."""
        self._connection.close()
        self._connection = psycopg.connect(self.owner_url, autocommit=True)

    def close(self) -> None:
        """End the owner's connection; the server may end first."""
        self._connection.close()

    def drop(self) -> None:
        """End it, with its role."""
        self.do("DROP OWNED BY {role}")
        self._connection.close()
        self.server.drop_database(self.owner_url)
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(self.role)))


@contextmanager
def dashboard_database(server: servers.Postgres) -> Iterator[DashboardDatabase]:
    """A new one, for one test."""
    dashboard = DashboardDatabase(server, server.new_database())
    try:
        yield dashboard
    finally:
        dashboard.drop()


def naive(moment: datetime) -> datetime:
    """As the dashboard writes times."""
    return moment.astimezone(UTC).replace(tzinfo=None)
