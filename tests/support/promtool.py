"""Prometheus's own tool over the rules that ship: what fires after which scrapes."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from support.servers import missing

RULES = Path(__file__).parents[2] / "deploy/prometheus/rules.yml"

PHASE = timedelta(minutes=90)
"""How long each scrape stays as it is: longer than any rule waits."""
STEP = timedelta(minutes=1)
POINTS = PHASE // STEP

FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'

Series = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Scraped:
    """What one scrape told, and when."""

    text: str
    at: datetime

    @cached_property
    def samples(self) -> dict[Series, float]:
        families = text_string_to_metric_families(self.text)
        return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


@dataclass(frozen=True)
class Expected:
    """The alerts that fire once a scrape has stayed as it is for long enough."""

    scraped: Scraped
    firing: frozenset[str] = frozenset()


def promtool() -> str:
    """The tool, or the test is skipped; under CI that is a failure."""
    return shutil.which("promtool") or missing("promtool, of Debian's package prometheus,")


def check_firing(folder: Path, *phases: Expected) -> None:
    """Play the scrapes one after the other, and see that exactly the expected alerts fire at the end of each.

    A counter goes on as fast as it did between two scrapes; the age of a time stamp stays what it was at the scrape.
    """
    checked = folder / "alerts.yml"
    checked.write_text(json.dumps(played(phases)))  # JSON is YAML
    ran = subprocess.run([promtool(), "test", "rules", str(checked)], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def played(phases: tuple[Expected, ...]) -> dict[str, object]:
    """A test file of promtool."""
    rules = RULES.read_text()
    names = dict.fromkeys(series for phase in phases for series in phase.scraped.samples if series[0] in rules)
    expectations = [
        {
            "expr": FIRING,
            "eval_time": f"{(place + 1) * POINTS - 2}m",
            "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(phase.firing)],
        }
        for place, phase in enumerate(phases)
    ]
    series = [{"series": written(one), "values": " ".join(values_of(one, phases))} for one in names]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": expectations}
    return {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test]}


def written(series: Series) -> str:
    name, labels = series
    return name + "{" + ",".join(f"{label}={json.dumps(value)}" for label, value in labels) + "}"


def values_of(series: Series, phases: tuple[Expected, ...]) -> list[str]:
    """A value a minute."""
    values, total = list[str](), 0.0
    for place, phase in enumerate(phases):
        value = phase.scraped.samples.get(series)
        began = place * PHASE.total_seconds()
        if value is None:
            values += ["_"] * POINTS
        elif series[0].endswith("_timestamp_seconds"):
            age = phase.scraped.at.timestamp() - value
            values += [str(began + n * STEP.total_seconds() - age) for n in range(POINTS)]
        elif series[0].endswith("_total"):
            before = phases[place - 1].scraped if place else phase.scraped
            took = (phase.scraped.at - before.at).total_seconds()
            a_second = (value - before.samples.get(series, 0.0)) / took if took else 0.0
            values += [str(total := total + a_second * STEP.total_seconds()) for _ in range(POINTS)]
        else:
            values += [str(value)] * POINTS
    return values
