"""What the product is compared with: the bare limit, and the loop that people write, one connection after the other."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit

import httpx
import psycopg

THREADS = 32
"""As many as the product has calls under way."""

ROWS = 4000
REFRESH = {"app_id": "1", "secret": "s", "grant_type": "refresh_token"}

MAKE = "CREATE TABLE plain_grants (id integer PRIMARY KEY, generation integer NOT NULL, refresh text NOT NULL)"
READ = "SELECT generation, refresh FROM plain_grants WHERE id = {}"
FENCED = "UPDATE plain_grants SET generation = generation + 1, refresh = {} WHERE id = {} AND generation = {}"

Execute = Callable[..., list[tuple[int, str]]]


def seed(database_url: str) -> None:
    """Store so many rows."""
    with opened(database_url) as execute:
        execute(MAKE)
        numbers = ", ".join(f"({number}, 1, 'a refresh token of some length {number}')" for number in range(ROWS))
        execute(f"INSERT INTO plain_grants VALUES {numbers}")  # noqa: S608 (numbers alone)


def fenced_threads(database_url: str, provider: str, seconds: float) -> int:
    """The bare limit: the same calls at once, and for each one durable fenced UPDATE, with nothing around them."""
    numbers, until, done = count(), time.perf_counter() + seconds, [0] * THREADS
    writer = threading.Lock() if database_url.startswith("sqlite") else None

    def work(thread: int) -> None:
        where = urlsplit(provider)
        line = http.client.HTTPConnection(where.hostname or "", where.port)
        with opened(database_url) as execute:
            while time.perf_counter() < until:
                number = next(numbers) % ROWS
                [(generation, token)] = execute(READ.format("?"), number)
                body = json.dumps({**REFRESH, "refresh_token": token}).encode()
                line.request("POST", where.path + "/oauth2/refresh_token/", body, {"Content-Type": "application/json"})
                fresh = json.loads(line.getresponse().read())["data"]["refresh_token"]
                if writer:
                    with writer:
                        execute(FENCED.format("?", "?", "?"), fresh, number, generation)
                else:
                    execute(FENCED.format("?", "?", "?"), fresh, number, generation)
                done[thread] += 1
        line.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)


def sequential(database_url: str, provider: str, seconds: float) -> int:
    """A cron job's loop: read a token, refresh it, save, and on to the next."""
    until, done = time.perf_counter() + seconds, 0
    with opened(database_url) as execute, httpx.Client() as client:
        for number in range(ROWS):
            [(_, token)] = execute(READ.format("?"), number)
            answer = client.post(f"{provider}/oauth2/refresh_token/", json={**REFRESH, "refresh_token": token}).json()
            execute("UPDATE plain_grants SET refresh = ? WHERE id = ?", answer["data"]["refresh_token"], number)
            done += 1
            if time.perf_counter() >= until:
                break
    return done


@contextmanager
def opened(database_url: str) -> Iterator[Execute]:
    """A connection on which each statement is committed durably at once; parameters are question marks."""
    if database_url.startswith("sqlite"):
        database = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        yield lambda statement, *values: database.execute(statement, values).fetchall()
        database.close()
        return
    with psycopg.connect(database_url, autocommit=True) as connection:

        def execute(statement: str, *values: object) -> list[tuple[int, str]]:
            cursor = connection.execute(statement.replace("?", "%s").encode(), values or None)
            return cursor.fetchall() if cursor.description else []

        yield execute
