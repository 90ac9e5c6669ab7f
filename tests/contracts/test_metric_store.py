from concurrent.futures import ThreadPoolExecutor

from application.ports.metrics import REPORT_VALID
from support.builders import DAY, MINUTE
from support.databases import Kept

CALLS, SWEPT = ("calls", ("/a/", "0")), ("last_sweep", ())


def test_counts_of_all_processes_are_added_up(kept: Kept) -> None:
    kept.metrics.add({CALLS: 2.0, ("calls", ("/b/", "0")): 1.0}, {})
    kept.metrics.add({CALLS: 0.5}, {})
    assert kept.metrics.totals() == {CALLS: 2.5, ("calls", ("/b/", "0")): 1.0}


def test_of_what_is_said_the_last_counts(kept: Kept) -> None:
    kept.metrics.add({}, {SWEPT: 7.0})
    kept.metrics.add({CALLS: 1.0}, {SWEPT: 3.0})
    kept.metrics.add({}, {})
    assert kept.metrics.totals() == {CALLS: 1.0, SWEPT: 3.0}


def test_label_values_come_back_whatever_is_in_them(kept: Kept) -> None:
    odd = ("calls", ('a "quoted", [listed] thing', "ü", ""))
    kept.metrics.add({odd: 1.0}, {})
    assert kept.metrics.totals() == {odd: 1.0}


def test_many_processes_add_at_once_and_nothing_is_lost(kept: Kept) -> None:
    samples = {("calls", (str(n),)): 1.0 for n in range(20)}
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: kept.metrics.add(dict(sorted(samples.items(), reverse=bool(n % 2))), {}), range(24)))
    assert set(kept.metrics.totals().values()) == {24.0}


def test_what_a_process_says_of_itself_counts_for_a_minute(kept: Kept) -> None:
    kept.metrics.report("host-1:17:aa", {("skew", ("host-1",)): 1.0})
    kept.metrics.report("host-1:17:aa", {("skew", ("host-1",)): -2.5})
    kept.clock.advance(REPORT_VALID)
    kept.metrics.report("host-2:17:bb", {})
    assert kept.metrics.reports() == {"host-1:17:aa": {("skew", ("host-1",)): -2.5}, "host-2:17:bb": {}}
    kept.clock.advance(MINUTE / 60)
    assert list(kept.metrics.reports()) == ["host-2:17:bb"]


def test_a_process_that_ends_says_nothing_more(kept: Kept) -> None:
    kept.metrics.report("host-1:17:aa", {})
    for process in ("host-1:17:aa", "nobody"):
        kept.metrics.withdraw(process)
    assert kept.metrics.reports() == {}


def test_what_a_dead_process_said_is_dropped_after_a_day(kept: Kept) -> None:
    kept.metrics.report("dead", {})
    kept.clock.advance(DAY + MINUTE)
    kept.metrics.report("alive", {})
    kept.clock.advance(-DAY - MINUTE)
    assert "dead" not in kept.metrics.reports()
