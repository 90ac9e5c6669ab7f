"""Where a deployment leaves anything behind: files, tables, Redis, processes."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from support import servers


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file: databases with their logs and freed pages, journals, the embedded broker's messages, logs."""
    found = dict[str, bytes]()
    for path in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):  # some come and go
            if path.is_file():
                found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def rows_of(url: str) -> dict[str, bytes]:
    """Every table of a PostgreSQL database, a row a line, as a dump has them."""
    tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    found = dict[str, bytes]()
    with psycopg.connect(url, autocommit=True) as connection:
        for schema, table in connection.execute(tables).fetchall():
            rows = sql.SQL("SELECT t::text FROM {}.{} AS t").format(sql.Identifier(schema), sql.Identifier(table))
            found[f"table {table}"] = "\n".join(row[0] for row in connection.execute(rows)).encode()
        connection.execute("CHECKPOINT")
    return found


def remembered_by(server: servers.Redis) -> None:
    """From now on this Redis writes each command to its folder, and nothing compressed."""
    with redis.Redis.from_url(server.url()) as client:
        client.config_set("rdbcompression", "no")
        client.config_set("appendonly", "yes")


def saved_by(server: servers.Redis) -> dict[str, bytes]:
    """The keys as they are, the file of a snapshot, and every command since it was told to remember."""
    with redis.Redis.from_url(server.url()) as client:
        client.save()
        keys = {f"key {key!r}": key + b" " + (client.dump(key) or b"") for key in client.scan_iter()}
    return {f"Redis: {name}": content for name, content in {**keys, **files_below(server.folder)}.items()}


def command_lines() -> bytes:
    """The arguments of all processes of this machine. Their environments are where settings stand, and are left out."""
    return subprocess.run(["ps", "-e", "-ww", "-o", "args="], capture_output=True, check=True).stdout
