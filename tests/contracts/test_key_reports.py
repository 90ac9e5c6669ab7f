from domain.key_use import KeyReport, ProcessKeys
from support.builders import DAY, MINUTE, START
from support.databases import Kept

KEYS = ProcessKeys("k2", frozenset({"k1", "k2"}), "journal-1", {"k1": 3})


def test_a_process_reports_again_and_again_and_the_last_one_counts(kept: Kept) -> None:
    kept.key_reports.report("host-1:17:aa", ProcessKeys("k1", frozenset({"k1"})))
    kept.clock.advance(MINUTE)
    kept.key_reports.report("host-1:17:aa", KEYS)
    kept.key_reports.report("host-2:17:bb", ProcessKeys())
    now, reports = kept.key_reports.all()
    assert now == START + MINUTE
    assert reports == (KeyReport("host-1:17:aa", KEYS, now), KeyReport("host-2:17:bb", ProcessKeys(), now))


def test_reports_go_after_a_day_and_those_of_a_journal_that_held_something_after_a_month(kept: Kept) -> None:
    kept.key_reports.report("empty", ProcessKeys("k1"))
    kept.key_reports.report("full", KEYS)
    kept.clock.advance(DAY + MINUTE)
    kept.key_reports.report("here", ProcessKeys("k1"))
    assert [r.process for r in kept.key_reports.all()[1]] == ["full", "here"]
    kept.clock.advance(31 * DAY)
    kept.key_reports.report("here", ProcessKeys("k1"))
    assert [r.process for r in kept.key_reports.all()[1]] == ["here"]


def test_a_process_that_ends_withdraws_its_report_unless_its_journal_held_something(kept: Kept) -> None:
    kept.key_reports.report("empty", ProcessKeys("k1"))
    kept.key_reports.report("full", KEYS)
    for process in ("empty", "full", "nobody"):
        kept.key_reports.withdraw(process)
    assert [r.process for r in kept.key_reports.all()[1]] == ["full"]
