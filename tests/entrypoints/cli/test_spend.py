"""`spend import` and `spend show`, over a simulator and a database."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from adapters.tiktok_simulator.planned_answers import PlannedAnswer
from application.spend.import_failures import FAILED_REPORTS
from domain.report_failures import AccountRefused
from domain.spend_calendar import Window
from support.deployment import Deployment, deployment
from support.processes import eventually


def spending(here: Deployment, *, days: int = 10) -> tuple[str, dict[tuple[str, str], Decimal]]:
    """Connect an account whose campaigns spend; its id, and the books by day and campaign."""
    [account, *_] = here.tiktok.machine.accounts("ana")
    today = here.container.clock().now().date()
    amounts = {
        ((today - timedelta(days=ago)).isoformat(), campaign): Decimal(f"{ago + 1}.{campaign}")
        for ago in range(1, days)
        for campaign in ("11", "12")
    }
    figures: dict[str, dict[str, dict[str, str]]] = {}
    for (day, campaign), amount in amounts.items():
        figures.setdefault(day, {})[campaign] = {"spend": str(amount)}
    campaigns = [{"campaign_id": c, "campaign_name": name} for c, name in (("11", "=1+1"), ("12", "Spring"))]
    body = {"advertiserId": account.advertiser_id, "campaigns": campaigns, "days": figures, "gmvMaxStores": []}
    here.tiktok.control.set_campaigns(body)
    here.connect()
    return account.advertiser_id, amounts


def shown(here: Deployment) -> dict[tuple[str, str], Decimal]:
    answer = here.run("spend", "show", "--json")
    assert (answer.returncode, answer.stderr) == (0, "")
    return {(row["date"], row["campaignId"]): Decimal(row["spend"]) for row in json.loads(answer.stdout)}


def test_spend_is_imported_to_the_cent_and_shown(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        account, books = spending(here)
        answer = here.run("spend", "import")
        assert answer.returncode == 0
        assert [line for line in answer.stderr.splitlines() if not line.startswith("… ")] == []  # progress, where it takes long
        assert "0 of 1 accounts failed" in answer.stdout
        week = sorted({day for day, _ in books})[-6:]
        assert shown(here) == {key: amount for key, amount in books.items() if key[0] in week}
        table = csv.DictReader(io.StringIO(here.run("spend", "show", "--user", "anna", "--from", week[0], "--csv").stdout))
        rows = list(table)
        assert {row["account"] for row in rows} == {account}
        assert {row["campaignName"] for row in rows} == {"'=1+1", "Spring"}
        again = here.run("spend", "import", "--from", week[0], "--json")
        assert json.loads(again.stdout)["read"] == 1
        assert here.run("spend", "show", "--user", "berta").stdout.startswith("0 rows")


def test_what_tiktok_changed_of_days_that_had_ended_is_shown(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        account, books = spending(here)
        importer = here.container.import_spend()
        importer(for_at_most=timedelta(minutes=1))
        day = sorted({day for day, _ in books})[-3]
        before = sum(amount for (of, _), amount in books.items() if of == day)
        figures = {day: {"11": {"spend": "1000000.01"}}}
        here.tiktok.control.set_campaigns({"advertiserId": account, "days": figures, "gmvMaxStores": []})
        [of] = [one.of for one in here.container.spend_store().imports()]
        importer.account(of, window=Window(date.fromisoformat(day), date.fromisoformat(day)))
        [change] = json.loads(here.run("spend", "show", "--changes", "--json").stdout)
    facts = ("account", "date", "spendBefore", "spendAfter", "campaignsChanged")
    assert [change[fact] for fact in facts] == [account, day, str(before), "1000000.01", 2]


def test_an_account_that_can_not_be_read_is_named_with_its_reason(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        account, _ = spending(here)
        refusal = {"code": 40001, "message": "no permission", "data": {}}
        here.tiktok.control.answer(PlannedAnswer(path="/report/integrated/get/", body=refusal))
        answer = here.run("spend", "import")
    assert answer.returncode == 1
    assert f"left: account {account} of user anna: {FAILED_REPORTS[AccountRefused]}" in answer.stdout
    assert "1 accounts could not be read" in answer.stderr


def test_a_worker_with_beat_imports_by_itself(tmp_path: Path) -> None:
    with deployment(tmp_path, environ={"SPEND_IMPORT": "on"}) as here:
        _, books = spending(here)
        with here.start("worker", "--only", "import"), here.start("beat"):
            eventually(lambda: len(shown(here)) >= 12)
        assert shown(here).items() <= books.items()


def test_days_that_are_the_wrong_way_round_are_a_usage_error(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        answer = here.run("spend", "show", "--from", "2026-03-02", "--to", "2026-03-01")
    assert answer.returncode == 2
    assert "is after --to" in answer.stderr
