"""What a scrape tells of calls and rotations under load is what TikTok counted itself."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from chaos.population import populate
from domain.errors import ClockSkewed
from entrypoints.container import Container, build
from entrypoints.settings import load_settings
from entrypoints.telemetry.scrape import Scrape
from support.deployment import Deployment, deployment

REFRESH = "/oauth2/refresh_token/"
PEOPLE, ROUNDS = 20, 3


def scraped(container: Container, name: str, **wanted: str) -> dict[frozenset[tuple[str, str]], float]:
    """The samples of a series that have these labels."""
    families = text_string_to_metric_families(Scrape(container)().decode())
    samples = (sample for family in families for sample in family.samples if sample.name == f"tiktok_connect_{name}")
    return {frozenset(s.labels.items()): s.value for s in samples if wanted.items() <= s.labels.items()}


def by_code_at_tiktok(here: Deployment) -> Counter[str]:
    """How the simulator answered refreshes, in the words of our labels."""

    def word(status: int | None, code: int | None) -> str:
        if status is None:
            return "no_answer"
        return "no_envelope" if code is None else str(code)

    seen = here.tiktok.control.requests()
    return Counter(word(request.status, request.code) for request in seen if request.path.endswith(REFRESH))


def test_a_scrape_under_load_agrees_with_what_tiktok_counted(tmp_path: Path) -> None:
    with deployment(tmp_path, environ={"TIKTOK_QPS": "50"}) as here:
        other = build(load_settings(here.environ))
        populate(here, PEOPLE)
        totals = list[float]()

        def sweep(container: Container) -> None:
            try:
                container.sweep_due_grants()()
            except ClockSkewed:  # a machine so busy that the time came late
                return
            container.flush_counts().now()

        with ThreadPoolExecutor(2) as processes:
            for turn in range(ROUNDS):
                if turn == 1:
                    here.tiktok.control.fault(REFRESH, "lost_reply", count=2)
                    here.tiktok.control.fault(REFRESH, "garbage", count=1)
                here.make_all_due()
                under_way = [processes.submit(sweep, container) for container in (here.container, other)]
                totals.append(sum(scraped(other, "tiktok_answers_total", endpoint=REFRESH).values()))
                for work in under_way:
                    work.result()
        here.container.flush_counts().now()
        ours = {dict(labels)["code"]: count for labels, count in scraped(other, "tiktok_answers_total", endpoint=REFRESH).items()}
        at_tiktok = by_code_at_tiktok(here)
        calls = scraped(here.container, "tiktok_call_duration_seconds_count", endpoint=REFRESH)
        rotated = scraped(here.container, "rotations_total", outcome="rotated")
        used = scraped(here.container, "budget_used_calls_total")
        other.platform().close()
        other.database().dispose()
        assert {code: count for code, count in ours.items() if count} == dict(at_tiktok)
        assert sum(calls.values()) == at_tiktok.total() >= PEOPLE
        assert sum(rotated.values()) == here.tiktok.control.stats()["refreshes"] - at_tiktok["no_answer"]
        assert sum(used.values()) >= at_tiktok.total()
        assert totals == sorted(totals), "no counter goes back, whichever process is scraped"
