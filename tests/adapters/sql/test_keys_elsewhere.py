"""Grants that were sealed by a key of another host: they are left to that one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.sql import tables
from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import Database
from adapters.sql.store import SqlStore
from adapters.sql.stored_token_samples import sealed_access_tokens
from application.ports.claims_and_settlements import Due
from domain.ids import GrantId
from domain.seal_place import SealPlace
from domain.tokens import Expiring, Sealed, Secret, TokenKind
from support.builders import ANNA, APP, DAY, HOUR, MINUTE, START, a_grant, a_pair, a_revocation
from support.world import CountedIds, SimulatedClock

OURS, THEIRS = (AesGcmSealer(KeyRing.of([(name, bytes(32))])) for name in ("2026-11", "their.key_1"))


def sealed(name: str, by: AesGcmSealer) -> Expiring:
    place = SealPlace(ANNA, GrantId(name), 1)
    access, refresh = (by.seal(Secret(f"{kind.value} of {name}"), place, kind) for kind in (TokenKind.ACCESS, TokenKind.REFRESH))
    return replace(a_pair(name, at=START - DAY + HOUR), access=access, refresh=refresh)


def add(database: Database, *grants: tuple[str, AesGcmSealer]) -> None:
    with SqlStore(database).write() as work:
        for name, by in grants:
            work.grants.add(a_grant(name, tokens=sealed(name, by), connects=(int(name[-1]),)))
            work.revocations.add(replace(a_revocation(f"r-{name}"), access=sealed(name, by).access, app=APP))
        work.commit()


def claims_of(database: Database, by: AesGcmSealer | None = None) -> SqlClaims:
    keys = by.keys if by else None
    return SqlClaims(database, host="here", ids=CountedIds(), clock=SimulatedClock(), keys=keys)


def keys_of(database: Database, table: str) -> list[tuple[str, str | None]]:
    with database.reading() as connection:
        columns = tables.metadata.tables[table].c
        rows = connection.execute(select(columns.id, columns.key_id)).all()
        return sorted((row.id, row.key_id) for row in rows)


def test_a_row_says_by_which_key_it_was_sealed_whoever_wrote_it(database: Database) -> None:
    add(database, ("grant-1", OURS), ("grant-2", THEIRS))
    assert keys_of(database, "grants") == [("grant-1", "2026-11"), ("grant-2", "their.key_1")]
    assert keys_of(database, "revocations") == [("r-grant-1", "2026-11"), ("r-grant-2", "their.key_1")]
    with database.writing() as connection:  # as a version would that knows of no such column
        resealed = sealed("grant-1", THEIRS)
        connection.execute(
            text("UPDATE grants SET access = :access, refresh = :refresh WHERE id = 'grant-1'"),
            {"access": resealed.access.ciphertext, "refresh": resealed.refresh.ciphertext},
        )
        connection.commit()
    assert keys_of(database, "grants")[0] == ("grant-1", "their.key_1")


@pytest.mark.parametrize(
    "odd_text",
    [b"", b"\x01", b"\x02\x02k1", b"\x01\xff", b"no sealed text", b"\x01\x02\xff\xfe", b"\x02\x03k1\x9d", b"\x02\x03k1\x07"],
)
def test_a_odd_text_is_stored_and_tried(database: Database, odd_text: bytes) -> None:
    odd = Sealed(odd_text)
    with SqlStore(database).write() as work:
        work.grants.add(a_grant(tokens=replace(a_pair(at=START - DAY + HOUR), access=odd, refresh=odd)))
        work.commit()
    assert keys_of(database, "grants") == [("grant-1", odd.key_id)]
    with SqlStore(database).read() as work:
        assert [grant.tokens is not None for grant in work.grants.get([GrantId("grant-1")])] == [True], "it can be read"
    if odd.key_id is None:
        assert [c.grant.id for c in claims_of(database, OURS).take_due(APP, limit=9, lease=MINUTE, due=Due())] == ["grant-1"]


def test_a_sweep_takes_and_counts_what_can_be_opened_here_alone(database: Database) -> None:
    add(database, ("grant-1", OURS), ("grant-2", THEIRS), ("grant-3", OURS))
    ours, theirs = claims_of(database, OURS), claims_of(database, THEIRS)
    assert (ours.count_due(APP, Due()), theirs.count_due(APP, Due()), claims_of(database).count_due(APP, Due())) == (2, 1, 3)
    assert [c.grant.id for c in ours.take_due(APP, limit=9, lease=MINUTE, due=Due())] == ["grant-1", "grant-3"]
    assert [c.grant.id for c in theirs.take_due(APP, limit=9, lease=MINUTE, due=Due())] == ["grant-2"]


def test_a_click_takes_no_grant_whose_key_is_elsewhere(database: Database) -> None:
    add(database, ("grant-2", THEIRS))
    assert claims_of(database, OURS).take(GrantId("grant-2"), generation=1, lease=MINUTE) is None
    assert claims_of(database, THEIRS).take(GrantId("grant-2"), generation=1, lease=MINUTE) is not None


def test_revocations_are_taken_by_whoever_can_open_them_and_given_up_by_anybody(database: Database) -> None:
    add(database, ("grant-1", OURS), ("grant-2", THEIRS))
    store = SqlStore(database, keys=OURS.keys)
    with store.write() as work:
        assert work.revocations.any_due(APP, START)
        assert [r.id for r in work.revocations.take_due(APP, limit=9, lease=MINUTE, now=START)] == ["r-grant-1"]
        assert not work.revocations.any_due(APP, START)
        over = a_revocation().give_up_at + MINUTE
        assert {r.id for r in work.revocations.take_due(APP, limit=9, lease=MINUTE, now=over)} == {"r-grant-1", "r-grant-2"}


def test_the_audit_looks_for_accounts_where_it_can_open_the_token(database: Database) -> None:
    add(database, ("grant-1", OURS), ("grant-2", THEIRS))
    with SqlStore(database, keys=THEIRS.keys).read() as work:
        assert work.grants.unread_since(APP, START + DAY, limit=9) == ["grant-2"]


def test_a_few_tokens_of_each_key_are_sampled_from_both_ends(database: Database) -> None:
    with SqlStore(database).write() as work:
        for n in range(30):
            name, by = f"grant-{n:02}", THEIRS if n < 12 else OURS
            grant = a_grant(name, tokens=sealed(name, by))
            grant.created_at = START + n * MINUTE
            work.grants.add(grant)
        work.commit()
    samples = sealed_access_tokens(database, limit=8)
    assert {key: sorted(place.grant for place, _ in of_key) for key, of_key in samples.items()} == {
        "2026-11": ["grant-12", "grant-13", "grant-28", "grant-29"],
        "their.key_1": ["grant-00", "grant-01", "grant-10", "grant-11"],
    }
