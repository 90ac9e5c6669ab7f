"""Somebody who can write the database, and has no key, gets nobody's token and takes nobody's: all over the real doors."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import Connection, bindparam, text, update

from adapters.sql import tables
from domain.errors import CannotOpen
from domain.grant import Grant
from domain.grant_health import Active
from domain.ids import ConnectionId, GrantId
from domain.seal_place import BOUND_FORMAT, FIRST_FORMAT
from domain.tokens import Sealed, TokenKind
from entrypoints.http.app import create_app
from support.deployment import SERVICE_TOKEN, Deployment, deployment

Writes = Callable[[Connection, "Site"], object]


@dataclass
class Site:
    """Anna's connection and Bert's, each under a grant of its own; a writer wants Bert's token as Anna's."""

    here: Deployment
    client: TestClient[Any]
    anna: ConnectionId
    bert: ConnectionId

    def grant(self, connection: ConnectionId) -> Grant:
        with self.here.container.store().read() as work:
            grant = work.grants.of_connection(connection)
        assert grant is not None
        return grant

    def write(self, writes: Writes) -> None:
        with self.here.container.database().writing() as connection:
            writes(connection, self)
            connection.commit()

    def make_due(self) -> None:
        """As if half of these tokens' lives had passed, and nobody else's."""
        due = (
            update(tables.grants)
            .where(tables.grants.c.owner == bindparam("whose"))
            .values(due_at=self.here.container.clock().now())
        )
        self.write(
            lambda connection, _: [connection.execute(due, {"whose": self.grant(c).owner}) for c in (self.anna, self.bert)]
        )

    def vended(self, connection: ConnectionId) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(
            "/api/internal/tiktok/access-token",
            json={"connectionId": connection},
            headers={"Authorization": f"Bearer {SERVICE_TOKEN}"},
        )
        return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, TestClient[Any]]]:
    with deployment(tmp_path_factory.mktemp("written")) as here:
        here.container.report_keys()()
        assert here.container.sealer().written == BOUND_FORMAT, "nobody else is there, so all read it"
        with TestClient(create_app(here.container)) as client:
            yield here, client


@pytest.fixture
def site(deployed: tuple[Deployment, TestClient[Any]]) -> Site:
    """People of its own for each test."""
    here, client = deployed
    owners = [f"{name}-{uuid.uuid4().hex[:8]}" for name in ("anna", "bert")]
    return Site(here, client, here.connect(owners[0], "ana"), here.connect(owners[1], "chloe"))


def run(connection: Connection, statement: str, **values: object) -> None:
    assert connection.execute(text(statement), values).rowcount == 1


def ids(site: Site) -> dict[str, str]:
    return {"a": site.grant(site.anna).id, "b": site.grant(site.bert).id}


def moves_the_connection(connection: Connection, site: Site) -> None:
    run(connection, "UPDATE connections SET grant_id = :b WHERE id = :c", b=ids(site)["b"], c=site.anna)


def moves_the_connection_and_the_owner(connection: Connection, site: Site) -> None:
    grants = ids(site)
    run(connection, "UPDATE connections SET grant_id = :b WHERE id = :c", b=grants["b"], c=site.anna)
    run(connection, "UPDATE grants SET owner = a.owner FROM grants AS a WHERE a.id = :a AND grants.id = :b", **grants)
    run(
        connection,
        "INSERT INTO reach (grant_id, advertiser_id) SELECT :b, advertiser_id FROM connections WHERE id = :c",
        b=grants["b"],
        c=site.anna,
    )


def moves_the_texts(connection: Connection, site: Site) -> None:
    run(
        connection,
        "UPDATE grants SET access = b.access, refresh = b.refresh FROM grants AS b WHERE grants.id = :a AND b.id = :b",
        **ids(site),
    )


def swaps_the_columns(connection: Connection, site: Site) -> None:
    run(connection, "UPDATE grants SET access = refresh, refresh = access WHERE id = :a", a=ids(site)["a"])


def counts_a_generation(connection: Connection, site: Site) -> None:
    run(connection, "UPDATE grants SET generation = generation + 1 WHERE id = :a", a=ids(site)["a"])


def changed(change: Callable[[bytes], bytes]) -> Writes:
    """Both texts of Anna's grant are changed."""

    def write(connection: Connection, site: Site) -> None:
        a = ids(site)["a"]
        [(access, refresh)] = connection.execute(text("SELECT access, refresh FROM grants WHERE id = :a"), {"a": a})
        run(connection, "UPDATE grants SET access = :x, refresh = :y WHERE id = :a", x=change(access), y=change(refresh), a=a)

    return write


def flipped(place: int) -> Callable[[bytes], bytes]:
    return lambda sealed: sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]


WRITES: dict[str, Writes] = {
    "the connection is moved": moves_the_connection,
    "the connection is moved, with owner and reach": moves_the_connection_and_the_owner,
    "the texts are moved": moves_the_texts,
    "the columns are swapped": swaps_the_columns,
    "the generation is moved": counts_a_generation,
    "a bit of the format": changed(flipped(0)),
    "a bit of the length": changed(flipped(1)),
    "a bit of the key's id": changed(flipped(2)),
    "an id that is no text": changed(lambda sealed: sealed[:2] + b"\xff\xfe" + sealed[4:]),
    "a bit of the nonce": changed(flipped(6)),
    "a bit of the text": changed(flipped(30)),
    "a bit of the tag": changed(lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1])),
    "an empty text": changed(lambda _: b""),
    "a cut head": changed(lambda sealed: sealed[:1]),
    "a cut id": changed(lambda sealed: sealed[:3]),
    "a cut nonce": changed(lambda sealed: sealed[:9]),
    "the first format's byte": changed(lambda sealed: b"\x01" + sealed[1:]),
    "a format of the future": changed(lambda sealed: b"\x09" + sealed[1:]),
}


@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES)
def test_nothing_is_vended_sent_or_lost_and_the_grant_is_named(
    site: Site, writes: Writes, caplog: pytest.LogCaptureFixture
) -> None:
    before = {name: site.grant(c).id for name, c in (("anna", site.anna), ("bert", site.bert))}
    site.write(writes)
    with caplog.at_level(logging.ERROR):
        status, body = site.vended(site.anna)
    assert (status, body["code"]) == (503, "TIKTOK_MISCONFIGURED"), body
    assert "accessToken" not in body
    assert {vars(record).get("grant") for record in caplog.records} & set(before.values()), "the log names the grant"
    site.make_due()
    site.here.container.sweep_due_grants()()
    with site.here.container.store().read() as work:
        grants = work.grants.get(map(GrantId, before.values()))
    assert [grant.health for grant in grants] == [Active(), Active()], "no health is lost"
    assert [grant.schedule.attempt for grant in grants] == [None, None], "every claim is released"
    assert site.here.tiktok.control.stats()["reuses"] == 0
    assert site.client.get("/health/live").status_code == 200
    assert site.here.container.list_connections()(grants[0].owner) is not None


def test_an_older_pair_that_is_put_back_is_refused(site: Site) -> None:
    old = site.grant(site.anna)
    site.make_due()
    site.here.container.sweep_due_grants()()
    assert site.grant(site.anna).generation == old.generation + 1
    assert site.vended(site.anna)[0] == 200

    def put_back(connection: Connection, _: Site) -> None:
        tokens = old.tokens
        assert tokens is not None
        run(connection, "UPDATE grants SET access = :x WHERE id = :a", x=tokens.access.ciphertext, a=old.id)

    site.write(put_back)
    assert site.vended(site.anna)[0] == 503


def test_the_typed_error_names_the_grant(site: Site) -> None:
    site.write(moves_the_texts)
    grant = site.grant(site.anna)
    assert grant.tokens is not None
    with pytest.raises(CannotOpen) as refused:
        site.here.container.sealer().open(grant.tokens.access, grant.place, TokenKind.ACCESS)
    assert refused.value.grant == grant.id


def test_once_nothing_of_the_first_format_is_left_it_opens_no_more(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        connection = here.connect("anna", "ana")
        with here.container.store().read() as work:
            old = work.grants.of_connection(connection)
        assert old is not None
        assert old.tokens is not None
        assert old.tokens.access.format == FIRST_FORMAT, "nobody had reported yet"
        container = here.container
        container.report_keys()()
        assert not container.advance_sealing().refuse_first()
        assert container.reseal_tokens()().left == 0
        container.key_reports().withdraw(container.host())
        assert container.advance_sealing().refuse_first()
        with TestClient(create_app(container)) as client:
            site = Site(here, client, connection, connection)
            assert site.vended(connection)[0] == 200
            sealed: Sealed = old.tokens.access
            site.write(lambda c, _: run(c, "UPDATE grants SET access = :x WHERE id = :a", x=sealed.ciphertext, a=old.id))
            assert site.vended(connection)[0] == 503
