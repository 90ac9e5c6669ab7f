"""The command `status`."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import click

from application.ports.fleet import HEALTH_WORDS, FleetView
from domain.database_hold import Elsewhere, Hold, WentBack
from domain.grant_health import Active, Degraded
from domain.owner_tally import OwnerTally
from domain.pause import Pause
from domain.signs_of_life import SignsOfLife
from entrypoints.cli.configuration import BEAT_MISSING, WORKERS_MISSING, configured, ready
from entrypoints.cli.error_to_line_and_exit_status import why_held, why_paused
from entrypoints.cli.mirror_lines import counts_as_data, line_of
from entrypoints.operations import signs_of_life

Seen = Mapping[str, datetime | None]

DONE = {"worker": "last got a sweep done", "beat": "last had a message confirmed"}

ROTATED = (HEALTH_WORDS[Active], HEALTH_WORDS[Degraded])

ROTATED_EVERY = timedelta(hours=12)
"""At the least, where tokens live for 24 hours."""

FOR_PEOPLE = 0.1
"""The part of the budget that is kept for people."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs; the keys are stable.")
def status(*, as_json: bool) -> None:
    """The fleet's grants: health by app, due, overdue, at risk.

    At risk: access tokens that end within 1, 6 or 12 hours and whose renewal is due, failing, or refused.
    """
    settings = configured()
    container = ready(settings)
    now, overdue_after = container.clock().now(), container.policy().overdue_after
    view = container.fleet().counts(now, overdue_after=overdue_after)
    seen = {component: container.heartbeats().latest(component) for component in DONE}
    signs = signs_of_life(container)
    hold, pause = container.identity_watch().peek(), container.pause_watch().pause()
    capacity = int(settings.tiktok.qps * (1 - FOR_PEOPLE) * ROTATED_EVERY.total_seconds())
    mirror = container.check_mirror()
    counts = mirror.counts() if mirror.configured else None
    if as_json:
        beside = {"hold": hold_as_data(hold), "paused": pause_as_data(pause), "mirror": counts and counts_as_data(counts)}
        click.echo(json.dumps(as_data(view, seen, capacity) | beside, indent=2))
        return
    if hold:
        click.echo(f"on hold: nothing is sent to TikTok: {why_held(hold)}\n")
    if pause:
        click.echo(f"{why_paused(pause)}\n")
    click.echo(as_text(view, signs, capacity, overdue_after))
    if counts:
        click.echo(f"dashboard: {line_of(counts)}")


def as_data(view: FleetView, seen: Seen, capacity: int) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "at": instant(view.at),
        "grants": [{"app": c.app, "health": c.health, "count": c.grants} for c in view.grants],
        "due": view.due,
        "overdue": view.overdue,
        "inDoubt": view.in_doubt,
        "owners": [{"app": app, "answered": t.answered, "refused": t.only_refused} for app, t in view.answered],
        "atRisk": {f"{hours(horizon)}h": count for horizon, count in view.at_risk},
        "connections": view.connections,
        "openOffers": view.open_offers,
        "pendingRevocations": view.pending_revocations,
        "capacity": capacity,
        "lastSeen": {component: at and instant(at) for component, at in seen.items()},
    }


def hold_as_data(hold: Hold | None) -> dict[str, Any] | None:
    """Why the database is on hold; null when it is not."""
    match hold:
        case None:
            return None
        case WentBack(restored_to=restored_to, noted_at=noted_at):
            return {"why": "went_back", "restoredTo": instant(restored_to), "notedAt": instant(noted_at)}
        case Elsewhere(home=home, here=here):
            return {"why": "elsewhere", "home": home, "here": here}


def pause_as_data(pause: Pause | None) -> dict[str, str] | None:
    """Since when calls are paused, and by whom; null when they are not."""
    return {"since": instant(pause.since), "by": pause.by} if pause else None


def as_text(view: FleetView, signs: SignsOfLife, capacity: int, overdue_after: timedelta) -> str:
    """The same for people."""
    by_app: dict[str, list[str]] = {}
    order = list(HEALTH_WORDS.values())
    for count in sorted(view.grants, key=lambda c: order.index(c.health) if c.health in order else len(order)):
        by_app.setdefault(count.app, []).append(f"{count.grants} {count.health}")
    risks = ", ".join(f"{count} in {hours(horizon)} h" for horizon, count in view.at_risk)
    rows = [(f"app {app}", ", ".join(counts)) for app, counts in sorted(by_app.items())] or [("grants", "none yet")]
    rows += [
        ("due", f"{view.due}, of these {view.overdue} for longer than {overdue_after.total_seconds():.0f} s"),
        ("at risk", risks),
        ("in doubt", str(view.in_doubt)),
        *((f"refused by TikTok{of}", in_owners(tally)) for of, tally in refused_by_app(view)),
        ("capacity", in_words(capacity, living(view))),
        ("connections", f"{view.connections}, open offers {view.open_offers}, revocations to send {view.pending_revocations}"),
        ("worker", last_done("worker", signs.worker) + (WORKERS_MISSING if signs.workers_are_missing else "")),
        ("beat", last_done("beat", signs.beat) + (BEAT_MISSING if signs.beat_is_missing else "")),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def refused_by_app(view: FleetView) -> list[tuple[str, OwnerTally]]:
    """The apps of which owners were refused lately, named where there are several."""
    return [(f", app {app}" if len(view.answered) > 1 else "", tally) for app, tally in view.answered if tally.only_refused]


def in_owners(tally: OwnerTally) -> str:
    """How many owners were refused in the last ten minutes, and whether that is more than users' doing."""
    alarm = ": something larger than users may be wrong, see docs/operators.md" if tally.is_alarming else ""
    return f"{tally.only_refused} of {tally.answered} owners in the last ten minutes{alarm}"


def living(view: FleetView) -> int:
    """Grants that are renewed, or still tried."""
    return sum(count.grants for count in view.grants if count.health in ROTATED)


def in_words(capacity: int, grants: int) -> str:
    """Whether TIKTOK_QPS can carry the fleet; when it can't, the most urgent first means later and later for all."""
    if grants <= capacity:
        return f"TIKTOK_QPS carries {capacity} grants"
    return f"TIKTOK_QPS carries {capacity} grants and there are {grants}: all are renewed late; ask TikTok for a higher tier"


def last_done(component: str, ago: timedelta | None) -> str:
    """How long ago a process got its work done."""
    return f"{DONE[component]} {ago.total_seconds():.0f} s ago" if ago is not None else "not seen within a day"


def instant(at: datetime) -> str:
    """RFC 3339, in UTC."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def hours(span: timedelta) -> int:
    """Whole hours."""
    return span // timedelta(hours=1)
