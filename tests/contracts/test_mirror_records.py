from dataclasses import replace

from domain.grant_health import Active, NeedsReauth
from domain.ids import ConnectionId, GrantId
from domain.mirror_freeze_reasons import FreezeReason
from domain.mirror_look import MirrorIdentity
from domain.mirror_state import MirrorState
from domain.mirrored_row import ERASED, KnownRow, WrittenRow
from domain.outcomes import Reason
from support.builders import ANNA, BERT, HOUR, SECOND, START, a_grant, account, an_advertiser
from support.databases import Kept

ONE, TWO = ConnectionId("grant-1/1"), ConnectionId("grant-1/2")


def remember(kept: Kept, *rows: WrittenRow) -> None:
    with kept.store.write() as work:
        for row in rows:
            work.mirror.remember(row)
        work.commit()


def confirm(kept: Kept, connection: ConnectionId, times_connected: int) -> None:
    with kept.store.write() as work:
        work.mirror.confirm(connection, times_connected)
        work.commit()


def written(kept: Kept, connection: ConnectionId) -> WrittenRow | None:
    with kept.store.read() as work:
        return work.mirror.written(connection)


def test_a_connection_is_read_with_the_health_of_its_grant(kept: Kept) -> None:
    grant = a_grant(connects=(1, 2))
    kept.add(grant)
    with kept.store.read() as work:
        shown = work.mirror.connection(TWO)
        assert work.mirror.connection(ConnectionId("grant-1/3")) is None
    assert shown is not None
    assert (shown.owner, shown.account, shown.account_name, shown.grant) == (ANNA, account(2), "Shop 2", grant.id)
    assert (shown.health, shown.times_connected, shown.missing_since, shown.lost_at) == (Active(), 1, None, None)
    with kept.store.write() as work:
        [changed] = work.grants.get([grant.id])
        changed.lapse(Reason.REFRESH_TOKEN_EXPIRED, START)
        changed.connections[TWO] = replace(changed.connections[TWO], lost_at=START)
        work.grants.save(changed)
        work.commit()
    with kept.store.read() as work:
        shown = work.mirror.connection(TWO)
    assert shown is not None
    assert (shown.health, shown.lost_at) == (NeedsReauth(Reason.REFRESH_TOKEN_EXPIRED, since=START), START)


def test_connections_of_one_moment_come_one_after_the_other_as_lists_have_them(kept: Kept) -> None:
    kept.add(a_grant(connects=(1, 2, 3)), a_grant("grant-2", owner=BERT, connects=(1,)), a_grant("grant-0", connects=(4,)))
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-2")])
        grant.connect(ConnectionId("later"), an_advertiser(9), START + SECOND)
        work.grants.save(grant)
        work.commit()
    with kept.store.read() as work:
        every = work.mirror.connections()
        assert [work.mirror.connection(shown.connection) for shown in every] == every
    assert [(shown.connection, shown.earlier) for shown in every] == [
        ("grant-0/4", 0),
        ("grant-1/1", 1),
        ("grant-1/2", 2),
        ("grant-1/3", 3),
        ("grant-2/1", 0),
        ("later", 0),
    ]


def test_the_connections_of_a_grant_are_named(kept: Kept) -> None:
    kept.add(a_grant(connects=(1, 2)), a_grant("grant-2", connects=(3,)))
    with kept.store.read() as work:
        assert work.mirror.of_grant(GrantId("grant-1")) == [ONE, TWO]
        assert work.mirror.of_grant(GrantId("grant-9")) == []


def test_a_row_that_is_remembered_stays_as_it_is(kept: Kept) -> None:
    remember(kept, WrittenRow(ONE, ANNA))
    assert written(kept, ONE) == WrittenRow(ONE, ANNA)
    confirm(kept, ONE, 2)
    remember(kept, WrittenRow(ONE, ANNA), WrittenRow(TWO, BERT, stale=True))
    assert written(kept, ONE) == WrittenRow(ONE, ANNA, 2)
    assert written(kept, TWO) == WrittenRow(TWO, BERT, stale=True)


def test_what_was_confirmed_for_more_consents_stays_so(kept: Kept) -> None:
    remember(kept, WrittenRow(ONE, ANNA))
    for times, confirmed in ((1, 1), (3, 3), (2, 3)):
        confirm(kept, ONE, times)
        assert written(kept, ONE) == WrittenRow(ONE, ANNA, confirmed)
    confirm(kept, TWO, 1)
    assert written(kept, TWO) is None


def test_known_rows_come_with_what_their_connections_say(kept: Kept) -> None:
    grant = a_grant(connects=(1,))
    grant.miss_rows({ONE: 1}, START + HOUR)
    kept.add(grant)
    remember(kept, WrittenRow(ONE, ANNA, 1), WrittenRow(ConnectionId("gone"), BERT, 2))
    with kept.store.read() as work:
        assert work.mirror.known_rows() == [
            KnownRow(WrittenRow(ConnectionId("gone"), BERT, 2), None),
            KnownRow(WrittenRow(ONE, ANNA, 1), 1, START + HOUR),
        ]


def test_a_row_outlives_its_connection_until_it_is_forgotten(kept: Kept) -> None:
    kept.add(a_grant(connects=(1,)))
    remember(kept, WrittenRow(ONE, ANNA, 1))
    with kept.store.write() as work:
        [grant] = work.grants.get([GrantId("grant-1")])
        grant.release(ONE)
        work.grants.save(grant)
        work.commit()
    assert written(kept, ONE) == WrittenRow(ONE, ANNA, 1)
    with kept.store.write() as work:
        work.mirror.forget(ONE)
        work.commit()
    assert written(kept, ONE) is None


def disconnected(kept: Kept, *rows: WrittenRow) -> None:
    """Anna's connection ONE is there, beside rows that are remembered."""
    kept.add(a_grant(connects=(1,)))
    remember(kept, WrittenRow(ONE, ANNA, 1), *rows)


LEFT, GONE, BERTS = ConnectionId("left over"), ConnectionId("gone"), ConnectionId("bert's")


def test_what_is_left_over_of_an_owner_is_what_no_look_has_found_gone(kept: Kept) -> None:
    disconnected(kept, WrittenRow(LEFT, ANNA, stale=True), WrittenRow(GONE, ANNA, gone_at=START), WrittenRow(BERTS, BERT))
    with kept.store.read() as work:
        assert work.mirror.left_over_of(ANNA) == [LEFT]
        assert work.mirror.left_over_of(BERT) == [BERTS]


def test_since_when_a_row_is_gone_is_noted_and_taken_back(kept: Kept) -> None:
    remember(kept, WrittenRow(LEFT, ANNA), WrittenRow(GONE, ANNA, gone_at=START))
    with kept.store.write() as work:
        work.mirror.note_gone({LEFT: START + HOUR, GONE: None, ConnectionId("nobody's"): START})
        work.commit()
    assert written(kept, LEFT) == WrittenRow(LEFT, ANNA, gone_at=START + HOUR)
    assert written(kept, GONE) == WrittenRow(GONE, ANNA)
    assert written(kept, ConnectionId("nobody's")) is None


def test_only_what_is_gone_for_long_is_forgotten_in_pieces(kept: Kept) -> None:
    kept.add(a_grant(connects=(1,)))
    long_gone = [WrittenRow(ConnectionId(f"gone {n}"), ANNA, gone_at=START - HOUR) for n in range(3)]
    remember(kept, WrittenRow(ONE, ANNA, gone_at=START - HOUR), WrittenRow(LEFT, ANNA), *long_gone)
    remember(kept, WrittenRow(GONE, ANNA, gone_at=START))

    def forget() -> int:
        with kept.store.write() as work:
            forgotten = work.mirror.forget_gone(START, limit=2)
            work.commit()
        return forgotten

    assert [forget(), forget(), forget()] == [2, 1, 0]
    with kept.store.read() as work:
        remembered = [row.written.connection for row in work.mirror.known_rows()]
    assert remembered == sorted([GONE, LEFT, ONE]), "one that is connected again, one that no look found gone, one not so long"


def test_of_an_erased_owner_only_ids_of_rows_are_left(kept: Kept) -> None:
    disconnected(kept, WrittenRow(LEFT, ANNA, stale=True), WrittenRow(GONE, ANNA, 2, gone_at=START), WrittenRow(BERTS, BERT))
    with kept.store.write() as work:
        work.mirror.forget_owner(ANNA)
        work.commit()
    assert written(kept, LEFT) == WrittenRow(LEFT, ERASED)
    assert written(kept, GONE) == WrittenRow(GONE, ERASED, 2, gone_at=START)
    assert written(kept, ONE) == WrittenRow(ONE, ANNA, 1), "a connection has its owner"
    assert written(kept, BERTS) == WrittenRow(BERTS, BERT)


def test_all_can_be_doubted_at_once(kept: Kept) -> None:
    remember(kept, WrittenRow(ONE, ANNA, 1), WrittenRow(TWO, ANNA, 4, stale=True))
    with kept.store.write() as work:
        work.mirror.doubt_all()
        work.commit()
    assert (written(kept, ONE), written(kept, TWO)) == (WrittenRow(ONE, ANNA), WrittenRow(TWO, ANNA, stale=True))


def test_the_note_is_empty_at_first_and_comes_back_as_it_was_put(kept: Kept) -> None:
    with kept.store.read() as work:
        assert work.mirror.note() == MirrorState()
    note = MirrorState(MirrorIdentity("7/wab", 16384, 10**12), looked_at=START).froze(FreezeReason.NO_USERS, START)
    for noted in (note, replace(note, off=True)):
        with kept.store.write() as work:
            work.mirror.note()
            work.mirror.put_note(noted)
            work.commit()
        with kept.store.read() as work:
            assert work.mirror.note() == noted


def test_what_was_undone_is_not_kept(kept: Kept) -> None:
    with kept.store.write() as work:
        work.mirror.remember(WrittenRow(ONE, ANNA))
        work.mirror.note()
        work.mirror.put_note(MirrorState(off=True))
    with kept.store.read() as work:
        assert (work.mirror.written(ONE), work.mirror.note()) == (None, MirrorState())


def test_one_more_consent_heals_what_was_missing(kept: Kept) -> None:
    older = a_grant(connects=(1,))
    older.miss_rows({ONE: 1}, START)
    kept.add(older, a_grant("grant-2"))
    with kept.store.write() as work:
        older, newer = work.grants.get([GrantId("grant-1"), GrantId("grant-2")])
        newer.adopt(older.release(ONE), START)
        work.grants.save(older)
        work.grants.save(newer)
        work.commit()
    moved = kept.grant("grant-2").connections[ONE]
    assert (moved.times_connected, moved.missing_since) == (2, None)
