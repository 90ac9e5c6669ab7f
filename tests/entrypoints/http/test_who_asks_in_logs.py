"""Log lines of a request name who asks, by id."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from support.http_application import House
from support.world import ANNA


class Contexts(logging.Handler):
    """What each line is told with."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = list[dict[str, Any]]()

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(dict(structlog.contextvars.get_contextvars()))


@pytest.fixture
def contexts() -> Iterator[Contexts]:
    handler, logger = Contexts(), logging.getLogger("entrypoints.http.middleware")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_user_and_a_service_stand_in_the_lines_of_their_requests_alone(house: House, contexts: Contexts) -> None:
    connection = house.connected()
    assert house.get("/api/platforms").status_code == 200
    assert house.vend(connectionId=connection.id).status_code == 200
    assert house.get("/api/platforms", None).status_code == 401
    told = [{name: value for name, value in context.items() if name != "request_id"} for context in contexts.seen]
    assert told == [{"user": ANNA}, {"service": "importer"}, {}]
