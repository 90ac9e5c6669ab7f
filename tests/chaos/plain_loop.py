"""What everybody writes: one connection after the other, read its token, refresh, save. It is here to be compared with.

Run as a program it goes round until it is killed, or once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import httpx
import psycopg

TABLE = "CREATE TABLE plain_connections (id integer PRIMARY KEY, refresh_token text NOT NULL, status text NOT NULL)"


def seed(database_url: str, tokens: Iterable[str]) -> None:
    """Store so many connections."""
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(TABLE)
        for number, token in enumerate(tokens):
            database.execute("INSERT INTO plain_connections VALUES (%s, %s, 'active')", (number, token))


def stored(database_url: str) -> list[tuple[str, str]]:
    """Refresh tokens and statuses."""
    with psycopg.connect(database_url, autocommit=True) as database:
        return database.execute("SELECT refresh_token, status FROM plain_connections ORDER BY id").fetchall()


def go_round(database: psycopg.Connection[tuple[int, str]], http: httpx.Client, api_url: str, app: dict[str, str]) -> None:
    """Renew every active connection."""
    for number, token in database.execute(
        "SELECT id, refresh_token FROM plain_connections WHERE status = 'active' ORDER BY random()"
    ).fetchall():
        answer = http.post(
            f"{api_url}/oauth2/refresh_token/", json={**app, "refresh_token": token, "grant_type": "refresh_token"}
        ).json()
        if answer["code"] != 0:
            print(f"connection {number}: {answer['message']}", flush=True)  # noqa: T201 (that is all that such loops do about it)
            continue
        database.execute(
            "UPDATE plain_connections SET refresh_token = %s WHERE id = %s", (answer["data"]["refresh_token"], number)
        )


def main() -> None:
    database_url, api_url, app_id, secret, rounds = sys.argv[1:]
    with psycopg.connect(database_url, autocommit=True) as database, httpx.Client() as http:
        while True:
            go_round(database, http, api_url, {"app_id": app_id, "secret": secret})
            if rounds == "once":
                return


if __name__ == "__main__":
    main()
