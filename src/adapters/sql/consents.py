"""Consents as rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, insert, select, update

from adapters.sql import tables
from adapters.sql.grant_rows import fields_of
from domain.consent import Consent, Ending
from domain.ids import OwnerId


class SqlConsents:
    """One-use states as rows; a state is consumed by one statement."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, consent: Consent) -> None:
        self._connection.execute(insert(tables.consents).values(fields_of(consent)))

    def consume(self, state_digest: str, now: datetime, *, owner: OwnerId | None = None) -> Consent | None:
        consents = tables.consents.c
        unused = (*this(state_digest, owner), consents.consumed_at.is_(None), consents.expires_at > now)
        take = update(tables.consents).where(*unused).values(consumed_at=now).returning(tables.consents)
        row = self._connection.execute(take).first()
        return consent_of(row) if row else None

    def give_back(self, state_digest: str, *, owner: OwnerId | None = None) -> None:
        used = (*this(state_digest, owner), tables.consents.c.ending.is_(None))
        self._connection.execute(update(tables.consents).where(*used).values(consumed_at=None))

    def get(self, state_digest: str, *, owner: OwnerId | None = None) -> Consent | None:
        row = self._connection.execute(select(tables.consents).where(*this(state_digest, owner))).first()
        return consent_of(row) if row else None

    def end(self, state_digest: str, ending: Ending, *, owner: OwnerId | None = None) -> None:
        self._connection.execute(update(tables.consents).where(*this(state_digest, owner)).values(ending=ending))

    def exchanging(self, since: datetime, until: datetime) -> bool:
        consents = tables.consents.c
        some = exists().where(consents.consumed_at.between(since, until), consents.ending.is_(None))
        return bool(self._connection.scalar(select(some)))

    def keep_newest(self, owner: OwnerId, count: int) -> int:
        consents = tables.consents.c
        unused = select(consents.state_digest).where(consents.owner == owner, consents.consumed_at.is_(None))
        oldest = unused.order_by(consents.expires_at.desc()).offset(count).with_for_update(skip_locked=True)
        return self._connection.execute(delete(tables.consents).where(consents.state_digest.in_(oldest))).rowcount

    def forget(self, before: datetime) -> int:
        return self._connection.execute(delete(tables.consents).where(tables.consents.c.expires_at < before)).rowcount

    def forget_of(self, owner: OwnerId) -> int:
        return self._connection.execute(delete(tables.consents).where(tables.consents.c.owner == owner)).rowcount


def this(state_digest: str, owner: OwnerId | None) -> list[ColumnElement[bool]]:
    """The consent of this state; of an owner: if it is theirs."""
    consents = tables.consents.c
    return [consents.state_digest == state_digest, *([] if owner is None else [consents.owner == owner])]


def consent_of(row: Row[Any]) -> Consent:
    """A row as the consent it was."""
    return Consent(row.state_digest, row.owner, row.browser_digest, row.expires_at, row.reconnects, row.consumed_at, row.ending)
