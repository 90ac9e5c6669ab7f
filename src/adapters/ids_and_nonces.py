"""Ids, nonces and chance, from the operating system's generator."""

import secrets
import uuid

import uuid_utils


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
