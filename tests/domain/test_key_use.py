from dataclasses import replace
from datetime import datetime

from domain.key_use import LIVE_FOR, KeyReport, KeyUse, ProcessKeys, RowSeals, holding, key_uses, lacking
from support.builders import HOUR, START

NOTHING = RowSeals({}, {})
OLD = START - LIVE_FOR - HOUR


def report(process: str, keys: ProcessKeys, at: datetime = START) -> KeyReport:
    return replace(KeyReport(process, keys, START), at=at)


def use_of(key: str, uses: tuple[KeyUse, ...]) -> KeyUse:
    [use] = [use for use in uses if use.id == key]
    return use


def test_a_key_that_nothing_needs_is_removable_and_the_first_never_is() -> None:
    uses = key_uses(("k2", "k1"), NOTHING, (), None, START)
    assert [(u.id, u.seals, u.removable) for u in uses] == [("k2", True, False), ("k1", False, True)]


def test_each_thing_that_needs_a_key_keeps_it() -> None:
    journal = report("p", ProcessKeys("k2", frozenset(), "j", {"k1": 2}), OLD)
    for rows, reports, shared in (
        (RowSeals({"k1": 1}, {}), (), None),
        (RowSeals({}, {"k1": 1}), (), None),
        (NOTHING, (journal,), None),
        (NOTHING, (), "k1"),
        (NOTHING, (report("p", ProcessKeys("k1")),), None),
    ):
        assert not use_of("k1", key_uses(("k2", "k1"), rows, reports, shared, START)).removable
        assert use_of("k3", key_uses(("k2", "k1", "k3"), rows, reports, shared, START)).removable


def test_a_process_that_has_not_reported_for_a_while_seals_nothing_any_more() -> None:
    gone = report("p", ProcessKeys("k1"), OLD)
    assert use_of("k1", key_uses(("k2", "k1"), NOTHING, (gone,), None, START)).removable


def test_a_journal_of_several_processes_counts_once_as_it_was_last_seen() -> None:
    reports = (
        report("new", ProcessKeys("k2", frozenset(), "j", {"k1": 1})),
        report("old", ProcessKeys("k2", frozenset(), "j", {"k1": 7}), OLD),
        report("elsewhere", ProcessKeys("k2", frozenset(), "j2", {"k1": 2})),
    )
    assert use_of("k1", key_uses(("k2", "k1"), NOTHING, reports, None, START)).journals == 3


def test_a_key_that_is_not_here_is_told_where_it_sealed_something() -> None:
    uses = key_uses(("k2",), RowSeals({"gone": 4, None: 1}, {}), (), "lost", START)
    assert [(u.id, u.here, u.grants) for u in uses] == [("k2", True, 0), ("gone", False, 4), ("lost", False, 0)]


def test_live_processes_that_lack_or_hold_a_key_are_named() -> None:
    reports = (report("has", ProcessKeys("k1", frozenset({"k1", "k2"}))), report("lacks", ProcessKeys("k1", frozenset({"k1"}))))
    gone = report("gone", ProcessKeys("k1", frozenset({"k1"})), OLD)
    assert lacking("k2", (*reports, gone), START) == ("lacks",)
    assert holding("k2", (*reports, gone), START) == ("has",)
