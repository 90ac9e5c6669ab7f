from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import click

from application.ports.overview import HEALTH_WORDS, FleetView
from entrypoints.cli.configured import configured, ready

OVERDUE_AFTER = 2
"""Sweeps that may pass over a due grant before it counts as overdue."""

COMPONENTS = ("worker", "beat")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs; the keys are stable.")
def status(*, as_json: bool) -> None:
    """The fleet's grants: health by app, due, overdue, at risk.

    At risk: access tokens that end within 1, 6 or 12 hours and whose renewal is due, failing, or refused.
    """
    settings = configured()
    container = ready(settings)
    now, overdue_after = container.clock().now(), OVERDUE_AFTER * settings.sweep_interval
    view = container.fleet().counts(now, overdue_after=overdue_after)
    seen = {component: container.heartbeats().latest(component) for component in COMPONENTS}
    click.echo(json.dumps(as_data(view, seen), indent=2) if as_json else as_text(view, seen, overdue_after))


def as_data(view: FleetView, seen: Mapping[str, datetime | None]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "at": instant(view.at),
        "grants": [{"app": c.app, "health": c.health, "count": c.grants} for c in view.grants],
        "due": view.due,
        "overdue": view.overdue,
        "inDoubt": view.in_doubt,
        "atRisk": {f"{hours(horizon)}h": count for horizon, count in view.at_risk},
        "connections": view.connections,
        "openOffers": view.open_offers,
        "pendingRevocations": view.pending_revocations,
        "lastSeen": {component: at and instant(at) for component, at in seen.items()},
    }


def as_text(view: FleetView, seen: Mapping[str, datetime | None], overdue_after: timedelta) -> str:
    """The same for people."""
    by_app: dict[str, list[str]] = {}
    for word in HEALTH_WORDS.values():
        for count in view.grants:
            if count.health == word:
                by_app.setdefault(count.app, []).append(f"{count.grants} {word}")
    risks = ", ".join(f"{count} in {hours(horizon)} h" for horizon, count in view.at_risk)
    rows = [(f"app {app}", ", ".join(counts)) for app, counts in sorted(by_app.items())] or [("grants", "none yet")]
    rows += [
        ("due", f"{view.due}, of these {view.overdue} for longer than {overdue_after.total_seconds():.0f} s"),
        ("at risk", risks),
        ("in doubt", str(view.in_doubt)),
        ("connections", f"{view.connections}, open offers {view.open_offers}, revocations to send {view.pending_revocations}"),
        *((component, last_seen(at, view.at)) for component, at in seen.items()),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def last_seen(at: datetime | None, now: datetime) -> str:
    """How long ago a process gave a sign of life."""
    return f"seen {max(0, round((now - at).total_seconds()))} s ago" if at else "not seen within a day"


def instant(at: datetime) -> str:
    """RFC 3339, in UTC."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def hours(span: timedelta) -> int:
    """Whole hours."""
    return span // timedelta(hours=1)
