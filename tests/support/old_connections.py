"""The dashboard as it was before: rows with tokens that it sealed itself, written without any code of ours, and its cron."""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import psycopg
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from psycopg import sql

from support.dashboard_database import DashboardDatabase, naive

DASHBOARD_KEY = "5b" * 31 + "0e"


def sealed(token: str, key: str = DASHBOARD_KEY) -> str:
    """Base64 of 12-byte IV, ciphertext, 16-byte tag."""
    iv = os.urandom(12)
    encryptor = Cipher(AES(bytes.fromhex(key)), GCM(iv)).encryptor()
    ciphertext = encryptor.update(token.encode()) + encryptor.finalize()
    return b64encode(iv + ciphertext + encryptor.tag).decode()


@dataclass(frozen=True)
class Pair:
    """What an exchange or a refresh brought."""

    access: str
    refresh: str | None
    expires_at: datetime | None


class OldRows:
    """Writes rows as the dashboard did."""

    def __init__(self, dashboard: DashboardDatabase) -> None:
        self._connection = psycopg.connect(dashboard.owner_url, autocommit=True)

    def close(self) -> None:
        self._connection.close()

    def add(
        self, owner: str, account: str, pair: Pair, created_at: datetime, *, status: str = "active", key: str = DASHBOARD_KEY
    ) -> str:
        """A connection of its own, under a v4 id, which is returned."""
        name = str(uuid4())
        self._connection.execute(
            "INSERT INTO ad_platform_connections (id, user_id, platform, account_id, account_name, access_token, refresh_token,"
            " token_expires_at, status, created_at, updated_at)"
            " VALUES (%s, %s, 'tiktok_ads', %s, %s, %s, %s, %s, %s, %s, %s)",
            (name, owner, account, f"Shop {account}", *self._columns(pair, key), status, naive(created_at), naive(created_at)),
        )
        return name

    def renew(self, row: str, pair: Pair) -> None:
        """What its cron does with a new pair: this row gets it, and no other."""
        self._connection.execute(
            "UPDATE ad_platform_connections SET access_token = %s, refresh_token = %s, token_expires_at = %s WHERE id = %s",
            (*self._columns(pair, DASHBOARD_KEY), row),
        )

    def delete(self, row: str) -> None:
        """Its own Disconnect."""
        self._connection.execute("DELETE FROM ad_platform_connections WHERE id = %s", (row,))

    def change(self, row: str, column: str, value: str) -> None:
        """Set one column of a row."""
        statement = sql.SQL("UPDATE ad_platform_connections SET {} = %s WHERE id = %s").format(sql.Identifier(column))
        self._connection.execute(statement, (value, row))

    def tokens(self) -> dict[str, tuple[str, str | None]]:
        """What each row holds."""
        rows = self._connection.execute("SELECT id::text, access_token, refresh_token FROM ad_platform_connections").fetchall()
        return {row[0]: (row[1], row[2]) for row in rows}

    @staticmethod
    def _columns(pair: Pair, key: str) -> tuple[str, str | None, datetime | None]:
        refresh = sealed(pair.refresh, key) if pair.refresh else None
        return sealed(pair.access, key), refresh, pair.expires_at and naive(pair.expires_at)
