"""The search for canaries finds a secret that was left on purpose: in each kind of store, in each form."""

from __future__ import annotations

import base64
import gzip
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

from chaos.canaries import Canaries, forms
from chaos.canary_places import command_lines, files_below, rows_of, saved_by
from support import servers
from support.processes import eventually

FORMS = sorted({form for form, _ in forms("a-secret-of-24-characters")})


SEGMENT = "SELECT pg_walfile_name(pg_current_wal_insert_lsn())"
"""The file of PostgreSQL's log in which it writes: the others belong to other tests."""


def leaks(folder: Path, secret: str) -> dict[str, Callable[[], dict[str, bytes]]]:
    """By the name of a store: leave the secret there, and read it as the test above does."""

    def in_rows_that_are_gone() -> dict[str, bytes]:
        with closing(sqlite3.connect(folder / "leaky.db")) as connection:
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t (a)")
            connection.execute("INSERT INTO t VALUES (?)", (secret,))
            connection.commit()
            connection.execute("DELETE FROM t")
            connection.commit()
            return {name: content for name, content in files_below(folder).items() if name.startswith("leaky")}

    def in_a_command_line() -> dict[str, bytes]:
        command = [sys.executable, "-c", "import sys; sys.stdin.read()", secret]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            eventually(lambda: secret.encode() in command_lines())
            lines = command_lines()
            process.communicate()
        return {"command lines": lines}

    def in_a_packed_log() -> dict[str, bytes]:
        (folder / "old.log.gz").write_bytes(b"something before" + gzip.compress(json.dumps({"event": secret}).encode()))
        return files_below(folder)

    return {"freed pages": in_rows_that_are_gone, "arguments": in_a_command_line, "a packed log": in_a_packed_log}


@pytest.mark.parametrize("store", ["freed pages", "arguments", "a packed log"])
def test_a_secret_that_is_left_in_a_store_is_found(tmp_path: Path, store: str) -> None:
    canaries, secret = Canaries(), "act.A_secret/that+is planted!5308.va"
    canaries.add("planted", secret)
    assert canaries.found_in(leaks(tmp_path, secret)[store]())


def test_a_secret_that_is_left_in_postgresql_or_redis_is_found(
    new_postgres_url: str, postgres_server: servers.Postgres, redis_server: servers.Redis
) -> None:
    canaries, secret = Canaries(), "act.A_secret/that+is planted!5308.va"
    canaries.add("planted", secret)
    with psycopg.connect(new_postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE leaky (a text, b bytea)")
        before = connection.execute(SEGMENT).fetchall()
        connection.execute("INSERT INTO leaky VALUES ('', %s)", (secret.encode(),))
        segments = {name for (name,) in [*before, *connection.execute(SEGMENT).fetchall()]}
    assert canaries.found_in({"rows": rows_of(new_postgres_url)["table leaky"]})
    log = postgres_server.folder / "data/pg_wal"
    assert canaries.found_in({name: (log / name).read_bytes() for name in segments})
    with redis.Redis.from_url(redis_server.url()) as client:
        client.set("leaky", secret)
        assert canaries.found_in(saved_by(redis_server))
        client.flushall()


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_any_form_is_found_and_is_not_told(form: str) -> None:
    canaries, secret = Canaries(), r'act.A_secret/that+"is\planted!5308.va'
    canaries.add("planted", secret)
    for named, text in forms(secret):
        if named == form:
            found = canaries.found_in({"a log": b"\x00\x01before: " + text + b" after\xff"})
            assert found, form
            assert secret not in repr(found)


def test_a_secret_in_base64_is_found_whatever_stands_before_it() -> None:
    canaries, secret = Canaries(), "act.A_secret/that+is planted!5308.va"
    canaries.add("planted", secret)
    for count in range(4):
        text = base64.b64encode(b"x" * count + secret.encode() + b"y" * count)
        assert canaries.found_in({"a message": text})
