"""Rules, board and the document of operations speak of the same alerts, and of series that there are."""

import json
import re
from pathlib import Path

from entrypoints.telemetry.scrape import Scrape
from support.world import World

ROOT = Path(__file__).parents[2]
RULES = (ROOT / "deploy/prometheus/rules.yml").read_text()
BOARD = (ROOT / "deploy/grafana/tiktok-connect.json").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()

SERIES = re.compile(r"(?<![\w:])(?:tiktok_connect|http)_\w+")
RECORDED = re.compile(r"tiktok_connect:[\w:]+")


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    alerts = set(re.findall(r"- alert: (\w+)", RULES))
    assert alerts == set(re.findall(r"^### (\w+)$", OPERATIONS, re.MULTILINE))
    assert alerts == {anchor for _, anchor in sorted(anchors().items())}
    for section in OPERATIONS.split("\n### ")[1:]:
        assert "\nLook: " in section, section[:40]
        assert "Mend: " in section, section[:40]


def anchors() -> dict[str, str]:
    """The heading behind each runbook's address."""
    headings = {heading.lower(): heading for heading in re.findall(r"^### (\w+)$", OPERATIONS, re.MULTILINE)}
    return {anchor: headings[anchor] for anchor in re.findall(r"runbook: docs/operations\.md#(\w+)", RULES)}


def test_rules_and_board_ask_for_series_that_a_scrape_has() -> None:
    world = World()
    text = Scrape(world.container)().decode()
    known = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    wanted = {re.sub(r"_(bucket|count|sum)$", "", name) for name in SERIES.findall(RULES + BOARD)}
    assert wanted - known - {name.removesuffix("_total") for name in wanted & known} == set()


def test_the_board_asks_for_records_that_the_rules_keep() -> None:
    kept = set(re.findall(r"record: (\S+)", RULES))
    assert set(RECORDED.findall(BOARD + OPERATIONS)) <= kept
    panels = json.loads(BOARD)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(target["expr"] for panel in panels for target in panel["targets"])


def test_series_that_the_document_names_are_there() -> None:
    text = Scrape(World().container)().decode()
    names = {
        name for row in OPERATIONS.splitlines() for name in re.findall(r"`([a-z][a-z0-9_]+)(?:\{[^`]*\})?`", row) if "_" in name
    }
    told = {name for name in names if f"tiktok_connect_{name}" in text}
    assert names - told <= {"no_answer", "tiktok_connect_"}
