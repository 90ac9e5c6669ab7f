"""The least that answers with a row: the same framework, server and engine, one indexed read, and nothing around it."""

from __future__ import annotations

import os
import sys

import uvicorn
from litestar import Litestar, get
from litestar.params import FromPath
from sqlalchemy import select

from adapters.sql import tables
from adapters.sql.database import open_database

DATABASE = open_database(os.environ["DATABASE_URL"])


@get("/{connection:str}", sync_to_thread=True)
def one_read(connection: FromPath[str]) -> dict[str, str]:
    row = tables.connections.c
    with DATABASE.reading() as reading:
        found = reading.execute(select(row.grant_id, row.owner).where(row.id == connection)).first()
    return {"grant": found.grant_id, "owner": found.owner} if found else {}


@get("/health/live", sync_to_thread=False)
def live() -> dict[str, str]:
    return {}


if __name__ == "__main__":
    uvicorn.run(
        Litestar([one_read, live], openapi_config=None),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="entrypoints.http.bounded_protocol:BoundedProtocol",
        log_config=None,
        access_log=False,
    )
