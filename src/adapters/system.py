"""The machine's clock, ids, nonces and chance."""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta

import uuid_utils


class SystemClock:
    """The machine's clocks: the one place that asks them. It keeps the promises of the port `Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> timedelta:
        return timedelta(seconds=time.monotonic())

    def sleep(self, span: timedelta) -> None:
        if span > timedelta(0):
            time.sleep(span.total_seconds())


class SystemIds:
    """Random UUIDs say nothing of when or where they were made; those of connections say when."""

    def new(self) -> str:
        return str(uuid.uuid4())

    def connection(self) -> str:
        return str(uuid_utils.uuid7())


class SystemNonces:
    """256 bits from the operating system's generator."""

    def new(self) -> str:
        return secrets.token_urlsafe(32)


def chance() -> float:
    """A number in [0, 1) that nobody foresees."""
    return secrets.SystemRandom().random()
