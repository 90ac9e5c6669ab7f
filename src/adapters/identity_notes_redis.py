"""Notes of databases in a Redis: for all hosts, and for one that has just been set up."""

import logging
from datetime import datetime, timedelta

import redis

from domain.ids import DatabaseId
from domain.tokens import Secret

log = logging.getLogger(__name__)

ANSWERS_WITHIN = timedelta(seconds=1)

KEPT = timedelta(days=400)
"""Longer than anybody restores a backup of."""


class RedisIdentityNotes:
    """A string for each database, with the time in it (RFC 3339)."""

    def __init__(self, url: Secret) -> None:
        within = ANSWERS_WITHIN.total_seconds()
        self._redis = redis.Redis.from_url(
            url.reveal(), socket_timeout=within, socket_connect_timeout=within, decode_responses=True
        )

    def noted(self, database: DatabaseId) -> datetime | None:
        try:
            text = self._redis.get(key_of(database))
            at = datetime.fromisoformat(text) if isinstance(text, str) else None
        except (redis.RedisError, ValueError) as error:
            log.warning("a note of the database can't be read in Redis", extra={"because": type(error).__name__})
            return None
        return at if at and at.tzinfo else None

    def note(self, database: DatabaseId, at: datetime) -> None:
        if (noted := self.noted(database)) is not None and noted >= at:
            return
        try:
            self._redis.set(key_of(database), at.isoformat(), ex=KEPT)
        except redis.RedisError as error:
            log.warning("the database's time can't be noted in Redis", extra={"because": type(error).__name__})


def key_of(database: DatabaseId) -> str:
    """Where its note is."""
    return f"tiktok-connect:seen:{database}"
