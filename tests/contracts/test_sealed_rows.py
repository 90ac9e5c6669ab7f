from __future__ import annotations

from dataclasses import replace

import pytest

from application.ports.sealed_rows import SealedIn, SealedRow, SealHead
from domain.grant import Grant
from domain.ids import GrantId
from domain.key_use import RowSeals
from domain.tokens import Expiring, LongTerm, Sealed
from support.builders import START, a_grant, a_long_term_token, a_pair, a_revocation
from support.databases import Kept

K2 = SealHead(1, "k2")


def sealed(key: str, text: str) -> Sealed:
    return Sealed(bytes([1, len(key)]) + key.encode() + text.encode())


def a_pair_of(key: str, name: str) -> Expiring:
    return replace(a_pair(name), access=sealed(key, f"access of {name}"), refresh=sealed(key, f"refresh of {name}"))


def fill(kept: Kept) -> None:
    long_term = replace(a_long_term_token(), access=sealed("k1", "access of grant-4"))
    grants = [*(a_grant(f"grant-{n}", tokens=a_pair_of("k2" if n == 2 else "k1", f"grant-{n}")) for n in range(1, 4))]
    erased = a_grant("grant-5", tokens=a_pair_of("k1", "grant-5"))
    erased.revoke(START)
    kept.add(*grants, a_grant("grant-4", tokens=long_term), erased, a_grant("grant-6", tokens=a_pair("odd")))
    with kept.store.write() as work:
        work.revocations.add(replace(a_revocation("revocation-1"), access=sealed("k1", "a queued one")))
        work.commit()


def to_k2(row: SealedRow) -> SealedRow | None:
    if row.access.key_id != "k1":
        return None
    moved = [Sealed(t.ciphertext.replace(b"k1", b"k2")) if t else None for t in (row.access, row.refresh)]
    return replace(row, access=moved[0] or row.access, refresh=moved[1])


def test_rows_are_counted_by_the_key_that_they_name(kept: Kept) -> None:
    fill(kept)
    assert kept.sealed_rows.counts() == RowSeals({"k1": 3, "k2": 1, None: 1}, {"k1": 1})
    assert kept.sealed_rows.besides(K2) == 5
    assert kept.sealed_rows.besides(SealHead(2, "k2")) == 6, "another format is another beginning"
    assert kept.sealed_rows.of_first_format()


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_every_row_of_another_key_is_changed_once_and_nothing_else_of_it(kept: Kept, limit: int) -> None:
    fill(kept)
    before = {grant.id: grant for grant in kept.grants()}
    changed = dict.fromkeys(SealedIn, 0)
    for where in SealedIn:
        last: str | None = None
        while True:
            step = kept.sealed_rows.reseal(where, K2, to_k2, after=last, limit=limit)
            changed[where], last = changed[where] + step.changed, step.last
            if last is None:
                break
    assert changed == {SealedIn.GRANTS: 3, SealedIn.REVOCATIONS: 1}
    assert kept.sealed_rows.counts() == RowSeals({"k2": 4, None: 1}, {"k2": 1})
    for grant in kept.grants():
        assert replace(grant, tokens=None) == replace(before[grant.id], tokens=None)
        assert unsealed(grant) == unsealed(before[grant.id])


def unsealed(grant: Grant) -> list[bytes]:
    texts = [getattr(grant.tokens, name, Sealed(b"")) for name in ("access", "refresh")]
    return [text.ciphertext[4:] for text in texts]


def test_a_row_that_is_to_stay_stays(kept: Kept) -> None:
    fill(kept)
    before = kept.grants()
    assert kept.sealed_rows.reseal(SealedIn.GRANTS, K2, lambda _: None, after=None, limit=100).changed == 0
    assert kept.grants() == before


def test_rows_come_with_what_their_tokens_are_bound_to(kept: Kept) -> None:
    fill(kept)
    seen = list[SealedRow]()
    for where in SealedIn:
        kept.sealed_rows.reseal(where, K2, seen.append, after=None, limit=100)
    by_id = {row.id: row for row in seen}
    grant = kept.grant("grant-1")
    assert isinstance(grant.tokens, Expiring)
    expected = SealedRow("grant-1", grant.id, grant.owner, grant.generation, grant.tokens.access, grant.tokens.refresh)
    assert by_id["grant-1"] == expected
    assert by_id["revocation-1"].grant == GrantId("grant of revocation-1")
    assert "grant-5" not in by_id, "an erased grant has nothing"


def test_grants_of_a_key_and_those_without_an_end_come_in_order(kept: Kept) -> None:
    fill(kept)
    assert kept.sealed_rows.grants_of("k1", after=None, limit=2) == ["grant-1", "grant-3"]
    assert kept.sealed_rows.grants_of("k1", after=GrantId("grant-3"), limit=2) == ["grant-4"]
    assert kept.sealed_rows.long_term(after=None, limit=9) == ["grant-4"]
    assert isinstance(kept.grant("grant-4").tokens, LongTerm)
    with kept.store.read() as work:
        assert [r.id for r in work.revocations.sealed_by("k1", limit=9)] == ["revocation-1"]
        assert work.revocations.sealed_by("k2", limit=9) == []


def test_a_single_text_of_the_first_format_is_seen(kept: Kept) -> None:
    assert not kept.sealed_rows.of_first_format()
    second = [Sealed(b"\x02\x02k2" + text) for text in (b"access", b"refresh")]
    kept.add(a_grant("grant-1", tokens=replace(a_pair(), access=second[0], refresh=second[1])))
    assert not kept.sealed_rows.of_first_format()
    assert kept.sealed_rows.besides(SealHead(2, "k2")) == 0
    kept.add(a_grant("grant-2", tokens=replace(a_pair(), access=second[0], refresh=sealed("k2", "refresh"))))
    assert kept.sealed_rows.of_first_format()
    assert kept.sealed_rows.besides(SealHead(2, "k2")) == 1
