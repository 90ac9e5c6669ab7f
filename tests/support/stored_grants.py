"""Grants in a real database, as if people had connected them, without any call."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import insert, null, update

from adapters.sql import tables
from adapters.sql.grant_rows import connection_row, row_of
from domain.advertiser import Advertiser, Standing
from domain.grant import Grant
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from domain.seal_place import SealPlace
from domain.tokens import Lifetimes, Secret, TokenKind, first_tokens
from entrypoints.container import Container

LIVES = Lifetimes(timedelta(days=1), timedelta(days=365))


def store_grants(container: Container, count: int) -> list[ConnectionId]:
    """So many owners with one account each, their tokens new."""
    grants = [a_grant(container, number, container.clock().now()) for number in range(count)]
    connections = [connection_row(connection, grant) for grant in grants for connection in grant.connections.values()]
    reach = [{"grant_id": grant.id, "advertiser_id": account} for grant in grants for account in grant.reach]
    with container.database().writing() as connection:
        connection.execute(insert(tables.grants), [row_of(grant) for grant in grants])
        connection.execute(insert(tables.connections), connections)
        connection.execute(insert(tables.reach), reach)
        connection.commit()
    return [connection for grant in grants for connection in grant.connections]


def a_grant(container: Container, number: int, now: datetime) -> Grant:
    """A person's, who chose the one account that it reaches."""
    sealer, grant, owner = container.sealer(), GrantId(str(uuid.uuid4())), OwnerId(f"owner-{number}")
    place, token = SealPlace(owner, grant, 1), Secret(secrets.token_hex(32))
    access, refresh = sealer.seal(token, place, TokenKind.ACCESS), sealer.seal(token, place, TokenKind.REFRESH)
    tokens = first_tokens(access, refresh, LIVES, asked_at=now)
    account = Advertiser(AdvertiserId(f"7{number:018}"), f"Shop {number}", "EUR", "Europe/Berlin", "OK", Standing.OPEN)
    mark, reached = sealer.fingerprint(token), frozenset([account.id])
    made = Grant.consented(grant, owner, container.app(), tokens, mark, reached, container.policy())
    made.connect(ConnectionId(str(uuid.uuid4())), account, now)
    return made


def make_all_due(container: Container) -> None:
    """As if half of every token's life had passed."""
    with container.database().writing() as connection:
        connection.execute(update(tables.grants).values(due_at=container.clock().now(), settled_at=null()))
        connection.commit()
