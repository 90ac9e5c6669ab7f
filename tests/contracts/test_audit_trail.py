from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from application.auditing.audit_batch import AuditBatch
from application.ports.audit_trail import Counted, KnownNames
from domain.audit_trail import SYSTEM, Act, Actor, AuditRecord, AuditSubject, VendRecord
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from support.builders import ANNA, BERT, DAY, HOUR, MINUTE, START, a_grant, account
from support.databases import Kept
from support.world import SimulatedClock

FIRST, SECOND = ConnectionId("connection-1"), ConnectionId("connection-2")
ANNA_AT_HOME = Actor.user(ANNA, "192.0.2.7")
IMPORTER = Actor.service("importer", "198.51.100.4")
SECOND_LATER = timedelta(seconds=1)
YEAR = timedelta(days=400)


def begun(at: datetime = START, *, owner: OwnerId = ANNA, address: str | None = "192.0.2.7") -> AuditRecord:
    return AuditRecord(Act.CONNECT_BEGUN, Actor.user(owner, address), at, owner=owner)


def disconnected(at: datetime = START, *, owner: OwnerId = ANNA, connection: ConnectionId = FIRST) -> AuditRecord:
    return AuditRecord(Act.DISCONNECTED, Actor.user(owner), at, owner=owner, connection=connection, account=account(1))


def spend_read(at: datetime = START) -> AuditRecord:
    return AuditRecord(Act.SPEND_READ, IMPORTER, at, owner=ANNA)


def vend(at: datetime = START, *, connection: ConnectionId = FIRST, service: Actor = IMPORTER) -> VendRecord:
    return VendRecord.of(connection, service, at)


def write(kept: Kept, *records: AuditRecord | VendRecord) -> None:
    with kept.store.write() as work:
        work.audit_trail.add([r for r in records if isinstance(r, AuditRecord)])
        work.audit_trail.add_vends([r for r in records if isinstance(r, VendRecord)])
        work.commit()


def of(kept: Kept, owner: str = ANNA, *, since: datetime | None = None) -> list[AuditRecord]:
    found = kept.audit_history.records(AuditSubject(owner=OwnerId(owner)), since=since, after=None, limit=100)
    return [record for _, record in found]


def vends_of(kept: Kept, *connections: ConnectionId, since: datetime | None = None) -> list[VendRecord]:
    return list(kept.audit_history.vends(connections, since=since, after=None, limit=100))


def test_a_record_comes_back_as_it_was_written(kept: Kept) -> None:
    first = replace(disconnected(), grant=a_grant().id, detail="last", actor=ANNA_AT_HOME, last_at=START)
    refused = AuditRecord(Act.CONNECT_REFUSED, SYSTEM, START + HOUR, owner=ANNA, detail="denied", last_at=START + HOUR)
    write(kept, refused, first)
    assert of(kept) == [first, refused]


def test_what_is_not_committed_is_not_written(kept: Kept) -> None:
    with kept.store.write() as work:
        work.audit_trail.add([begun()])
        work.audit_trail.add_vends([vend()])
    assert (of(kept), vends_of(kept, FIRST)) == ([], [])


def test_a_thousand_alike_acts_of_a_minute_are_one_record_with_a_count(kept: Kept) -> None:
    write(kept, *(begun(START + n * timedelta(milliseconds=20)) for n in range(500)))
    write(kept, *(begun(START + timedelta(seconds=10) + n * timedelta(milliseconds=20)) for n in range(500)))
    [record] = of(kept)
    assert (record.count, record.at, record.last_at) == (1000, START, START + timedelta(seconds=19, milliseconds=980))


@pytest.mark.parametrize(
    "other",
    [
        begun(START + MINUTE),
        begun(address="192.0.2.8"),
        begun(address=None),
        replace(begun(), detail="x"),
        replace(begun(), act=Act.CONNECT_REFUSED),
        replace(begun(), actor=Actor.operator("root@host")),
        replace(begun(), connection=FIRST),
    ],
    ids=["a minute later", "elsewhere", "from nowhere", "another detail", "another act", "somebody else", "another connection"],
)
def test_what_differs_in_anything_is_a_record_of_its_own(kept: Kept, other: AuditRecord) -> None:
    write(kept, begun(), other)
    assert len(of(kept)) == 2


def test_vends_of_a_minute_are_counted_by_service_connection_and_address(kept: Kept) -> None:
    write(
        kept, *(vend(START + n * SECOND_LATER) for n in range(30)), vend(service=Actor.service("other")), vend(connection=SECOND)
    )
    write(kept, vend(START + 40 * SECOND_LATER), vend(START + 30 * SECOND_LATER))
    by_service = {v.service: v for v in vends_of(kept, FIRST)}
    assert (by_service["importer"].count, by_service["importer"].last_at) == (32, START + 40 * SECOND_LATER)
    assert by_service["other"].count == 1
    assert len(vends_of(kept, FIRST, SECOND)) == 3


def test_a_history_is_the_subjects_alone_and_since_a_time(kept: Kept) -> None:
    write(kept, begun(), begun(START + DAY), disconnected(START + 2 * DAY), begun(owner=BERT), vend(), vend(START + DAY))
    assert [r.at for r in of(kept, since=START + DAY)] == [START + DAY, START + 2 * DAY]
    assert [r.at for r in of(kept, BERT)] == [START]
    assert [v.minute for v in vends_of(kept, FIRST, since=START + HOUR)] == [vend(START + DAY).minute]
    by_account = AuditSubject(account=AdvertiserId(account(1)))
    assert [r.act for _, r in kept.audit_history.records(by_account, since=None, after=None, limit=9)] == [Act.DISCONNECTED]


def test_a_long_history_comes_in_pages(kept: Kept) -> None:
    moments = [START + (n // 2) * MINUTE for n in range(7)]
    write(kept, *(disconnected(at, connection=ConnectionId(f"c-{n}")) for n, at in enumerate(moments)))
    write(kept, *(vend(at, connection=ConnectionId(f"c-{n}")) for n, at in enumerate(moments)))
    subject, after, read = AuditSubject(owner=ANNA), None, list[str]()
    while page := kept.audit_history.records(subject, since=None, after=after, limit=3):
        read += [record.connection or "" for _, record in page]
        after = page[-1][1].at, page[-1][0]
    assert sorted(read) == [f"c-{n}" for n in range(7)]
    names = [ConnectionId(name) for name in read]
    first = kept.audit_history.vends(names, since=None, after=None, limit=4)
    rest = kept.audit_history.vends(names, since=None, after=first[-1], limit=4)
    assert [v.minute for v in [*first, *rest]] == sorted(vend(at).minute for at in moments)
    assert {v.connection for v in [*first, *rest]} == set(names)


def test_connections_are_known_while_they_live_and_once_they_are_gone(kept: Kept) -> None:
    grant = a_grant(connects=(1,))
    [living] = grant.connections
    kept.add(grant)
    write(kept, disconnected(connection=SECOND))
    known = kept.audit_history.known
    assert known(AuditSubject(owner=ANNA)) == KnownNames(frozenset({living, SECOND}), frozenset({grant.id}))
    assert known(AuditSubject(account=grant.connections[living].advertiser.id)).connections == {living, SECOND}
    assert known(AuditSubject(connection=living)) == KnownNames(frozenset({living}), frozenset({grant.id}))
    assert known(AuditSubject(connection=SECOND)) == KnownNames(frozenset({SECOND}), frozenset())
    assert known(AuditSubject(connection=ConnectionId("never was"))) == KnownNames(frozenset(), frozenset())


def test_of_an_erased_owner_pseudonyms_are_left(kept: Kept) -> None:
    operators = replace(disconnected(START + HOUR), actor=Actor.operator("root@host"))
    write(kept, begun(), disconnected(), operators, begun(owner=BERT))
    with kept.store.write() as work:
        assert work.audit_trail.forget_owner(ANNA, "a-pseudonym-of {}".format, limit=2) == 2
        assert work.audit_trail.forget_owner(ANNA, "a-pseudonym-of {}".format, limit=2) == 1
        assert work.audit_trail.forget_owner(ANNA, "a-pseudonym-of {}".format, limit=2) == 0
        work.commit()
    assert of(kept) == []
    erased = of(kept, f"a-pseudonym-of {ANNA}")
    assert {r.actor.name for r in erased} == {f"a-pseudonym-of {ANNA}", "root@host"}
    assert {r.account for r in erased} == {None, f"a-pseudonym-of {account(1)}"}
    assert {r.actor.address for r in erased} == {None}
    assert [r.count for r in erased] == [1, 1, 1]
    assert len(of(kept, BERT)) == 1


def test_acts_are_kept_for_the_retention_and_vends_and_readings_of_spend_for_a_month(kept: Kept) -> None:
    write(
        kept,
        begun(),
        spend_read(),
        vend(),
        vend(START + MINUTE),
        begun(START + DAY),
        spend_read(START + DAY + MINUTE),
        vend(START + DAY),
    )
    month_later = START + timedelta(days=30) + 10 * MINUTE
    assert kept.audit_history.prune(month_later, retention=YEAR, limit=100) == 3
    assert [(r.act, r.at) for r in of(kept)] == [
        (Act.CONNECT_BEGUN, START),
        (Act.CONNECT_BEGUN, START + DAY),
        (Act.SPEND_READ, START + DAY + MINUTE),
    ]
    assert [v.minute for v in vends_of(kept, FIRST)] == [vend(START + DAY).minute]
    assert kept.audit_history.daily_counts(Counted.VENDS, START) == {(START.date().isoformat(), "importer"): 2}
    assert kept.audit_history.prune(START + YEAR + HOUR, retention=YEAR, limit=100) == 3
    assert [(r.act, r.at) for r in of(kept)] == [(Act.CONNECT_BEGUN, START + DAY)]
    assert kept.audit_history.prune(START + YEAR + 3 * DAY, retention=YEAR, limit=100) == 1
    assert kept.audit_history.daily_counts(Counted.VENDS, START) == {}


def test_pruning_takes_so_many_at_a_time_and_counts_on(kept: Kept) -> None:
    write(kept, *(vend(START + n * MINUTE) for n in range(5)))
    later = START + timedelta(days=31)
    assert [kept.audit_history.prune(later, retention=YEAR, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert kept.audit_history.daily_counts(Counted.VENDS, START) == {(START.date().isoformat(), "importer"): 5}


@pytest.mark.parametrize("odd", ["a NUL \0 within", "half a letter \ud800"])
def test_a_record_that_a_database_can_not_store_keeps_none_of_the_others(kept: Kept, odd: str) -> None:
    batch = AuditBatch(kept.store, SimulatedClock(), lambda *_: False, str)
    for record in (replace(begun(), detail=odd), begun(owner=BERT), begun(owner=OwnerId("cleo"))):
        batch.note(record)
    batch.vended(FIRST, IMPORTER)
    batch.write()
    batch.write()
    assert [len(of(kept, owner)) for owner in (BERT, "cleo")] == [1, 1]
    assert [vend.count for vend in vends_of(kept, FIRST)] == [1]
