"""One scrape tells of all processes, from the first one on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from application.metrics.catalogue import CATALOGUE, OF_PROCESSES, VENDS
from application.ports.metrics import Histogram
from domain.outcomes import Throttled
from entrypoints.operations import process_report
from entrypoints.telemetry.scrape import Scrape
from support.world import SETTINGS, World

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(world: World) -> Samples:
    """Every sample of one scrape by way of the world's first process."""
    return samples_of(Scrape(world.container)().decode())


def samples_of(text: str) -> Samples:
    families = text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[f"tiktok_connect_{name}", frozenset(labels.items())]


def test_series_exist_at_zero_from_the_first_scrape() -> None:
    samples = scraped(World())
    names = {name for name, _ in samples}
    for metric in CATALOGUE:
        if metric.known:
            suffix = "_bucket" if isinstance(metric, Histogram) else ""
            assert {f"{metric.name}{suffix}", f"{metric.name}_total"} & names, metric.name
    assert value(samples, "rotations_total", outcome="refused", cause="refresh_token_refused") == 0
    assert value(samples, "grants_by_reason", health="needs_reauth", reason="refresh_token_expired") == 0
    assert value(samples, "vends_total", service="importer", outcome="vended") == 0
    assert value(samples, "calls_stopped", cause="misconfigured") == 0
    assert value(samples, "tokens_at_risk", hours="1") == 0
    assert value(samples, "budget_reserved_calls_total", lane="shop_reports") == 0
    assert value(samples, "database_up") == 1


def test_names_follow_prometheus() -> None:
    for metric in (*CATALOGUE, *OF_PROCESSES):
        assert metric.name.startswith(("tiktok_connect_", "http_"))
        assert not metric.name.endswith(("_total", "_ms", "_milliseconds", "_minutes"))
        if isinstance(metric, Histogram):
            assert metric.name.endswith("_seconds")
        assert metric.meaning.endswith(".")


def test_what_several_processes_counted_is_one_number_and_never_goes_back() -> None:
    world = World()
    other = world.over(SETTINGS).container
    for container, service in ((world.container, "a"), (other, "a"), (other, "b")):
        container.metrics().count(VENDS, service, "vended")
    other.flush_counts().now()
    samples = scraped(world)
    assert value(samples, "vends_total", service="a", outcome="vended") == 2
    assert value(samples_of(Scrape(other)().decode()), "vends_total", service="a", outcome="vended") == 2
    assert value(samples, "vends_total", service="b", outcome="vended") == 1


def test_a_histogram_holds_the_smaller_ones_in_each_bucket() -> None:
    world = World()
    world.sweep()
    samples = scraped(world)
    assert value(samples, "sweep_duration_seconds_bucket", le="0.1") == 1
    assert value(samples, "sweep_duration_seconds_bucket", le="+Inf") == 1
    assert value(samples, "sweep_duration_seconds_count") == 1
    assert value(samples, "last_sweep_completion_timestamp_seconds") == world.clock.now().timestamp()


def test_processes_tell_of_their_journal_clock_keys_and_breaker() -> None:
    world = World()
    world.budget.stop = Throttled()
    process_report(world.container)()
    samples = scraped(world)
    assert value(samples, "journal_answers", host="here") == 0
    assert value(samples, "clock_skew_seconds", host="here") == 0
    assert value(samples, "keys_unusable", host="here") == 0
    assert value(samples, "calls_stopped", cause="throttled") == 1
    assert value(samples, "budget_limit_calls_per_second") == SETTINGS.tiktok.qps
    world.clock.advance(timedelta(minutes=2))
    assert value(scraped(world), "calls_stopped", cause="throttled") == 0, "a process that is silent tells nothing"


def test_with_the_database_away_that_is_all_that_is_said() -> None:
    world = World()
    world.database.away = True
    assert list(scraped(world)) == [("tiktok_connect_database_up", frozenset())]


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_label_values_that_exist_at_zero_fit_their_names(metric: Histogram) -> None:
    assert all(len(labels) == len(metric.labels) for labels in metric.known)
