"""The fleet, and what waits, as gauges."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily

from application.ports.backlogs import Backlog
from application.ports.fleet import FleetView
from domain.mirror_state import MirrorState
from domain.outcomes import Reason

LabelledValues = Iterable[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is known of the processes and of the database as a whole."""

    on_hold: bool
    paused: bool
    schedulers: int
    workers: int
    undrained_hosts: int
    mirror: MirrorState | None
    """None: there is no mirror."""


def fleet_gauges(view: FleetView) -> Iterator[GaugeMetricFamily]:
    """The grants."""
    by_health = [((count.app, count.health), count.grants) for count in view.grants]
    yield gauge("grants", "Grants by app and health.", ("app", "health"), by_health)
    yield gauge(
        "grants_by_reason", "Degraded grants, and those in need of a person, by reason.", ("health", "reason"), reasons(view)
    )
    yield gauge(
        "tokens_at_risk",
        "Access tokens that end within so many hours, or as many 24ths of a shorter life, and may not be renewed in time.",
        ("hours",),
        [((str(horizon // timedelta(hours=1)),), tokens) for horizon, tokens in view.at_risk],
    )
    yield plain("grants_due", "Grants whose renewal is due.", view.due)
    yield plain("grants_overdue", "Grants whose renewal has been due for longer than two sweeps.", view.overdue)
    yield plain("oldest_due_grant_age_seconds", "How long the oldest of these has been due.", age(view.oldest_due_at, view.at))
    yield plain("grants_in_doubt", "Active grants whose last renewal had no definite answer.", view.in_doubt)
    answered = [((app,), tally.answered) for app, tally in view.answered]
    refused = [((app,), tally.only_refused) for app, tally in view.answered]
    yield gauge("owners_answered", "Owners whose refreshes were answered within ten minutes.", ("app",), answered)
    yield gauge("owners_refused", "Those of them who were refused, and of whom nothing was renewed.", ("app",), refused)
    yield plain("sustainable_grants", "Active grants whose access tokens expire.", view.sustainable)
    yield plain("lapsed_grants", "Of these, grants whose access token is over: what the service level counts.", view.lapsed)
    year_ends = [((str(span // timedelta(days=1)),), grants) for span, grants in view.year_ends]
    yield gauge("refresh_tokens_ending", "Connected grants whose refresh token ends within so many days.", ("days",), year_ends)
    yield plain("pending_revocations", "Tokens waiting to be revoked.", view.pending_revocations)
    yield plain("open_offers", "Choices of accounts that are awaited.", view.open_offers)
    yield plain("connections", "Connected accounts.", view.connections)


def reasons(view: FleetView) -> LabelledValues:
    """Every known reason, over all apps. A reason that is a code of TikTok's counts as one of them all."""
    values: dict[tuple[str, ...], float] = {
        (health, reason.value): 0.0 for health in ("degraded", "needs_reauth") for reason in KNOWN_REASONS
    }
    for one in view.reasons:
        key = (one.health, one.reason if (one.health, one.reason) in values else "other")
        values[key] = values.get(key, 0.0) + one.grants
    return values.items()


KNOWN_REASONS = tuple(Reason)


def backlog_gauges(backlog: Backlog, now: datetime) -> Iterator[GaugeMetricFamily]:
    """What waits."""
    lags = [((consumer,), age(oldest, now)) for consumer, oldest in backlog.facts]
    yield gauge("outbox_lag_seconds", "Age of the oldest event that a consumer has not passed.", ("consumer",), lags)
    yield plain(
        "spend_import_backlog_seconds", "How long the oldest reading of spend is due.", age(backlog.reading_due_since, now)
    )
    yield plain("spend_lag_seconds", "Since when the account was not read that waits longest.", age(backlog.read_until, now))
    yield plain("spend_accounts_late", "Followed accounts whose spend was not read for a day.", backlog.late_accounts)


def deployment_gauges(deployment: Deployment, now: datetime) -> Iterator[GaugeMetricFamily]:
    """Processes and database."""
    yield plain("database_up", "Whether the database answered this scrape.", 1)
    yield plain("database_on_hold", "Whether nothing is sent since the database may be a backup or a copy.", deployment.on_hold)
    yield plain("calls_paused", "Whether an operator has paused all calls.", deployment.paused)
    yield plain("schedulers", "Beats that had a message confirmed lately.", deployment.schedulers)
    yield plain("workers", "Workers that got a sweep done lately.", deployment.workers)
    yield plain(
        "undrained_journals",
        "Hosts whose claim has no outcome and whose journal was not seen empty since.",
        deployment.undrained_hosts,
    )
    mirror = deployment.mirror
    yield plain("mirror_frozen", "Whether the dashboard's mirror is frozen.", mirror is not None and mirror.frozen is not None)
    at_work = mirror is not None and not mirror.off
    lag = age(mirror.looked_at, now) if mirror is not None and at_work else 0.0
    yield plain("mirror_lag_seconds", "How long ago the dashboard's rows were last looked at.", lag)


def database_away() -> Iterator[GaugeMetricFamily]:
    """All that can be said then: no figure is better than an old one."""
    yield plain("database_up", "Whether the database answered this scrape.", 0)


def age(at: datetime | None, now: datetime) -> float:
    """In seconds; zero where there is nothing."""
    return max((now - at).total_seconds(), 0.0) if at else 0.0


def plain(name: str, what: str, value: float) -> GaugeMetricFamily:
    """A gauge without labels."""
    return gauge(name, what, (), [((), value)])


def gauge(name: str, what: str, labels: tuple[str, ...], values: LabelledValues) -> GaugeMetricFamily:
    """A gauge with its values."""
    family = GaugeMetricFamily(f"tiktok_connect_{name}", what, labels=labels)
    for label_values, value in sorted(values):
        family.add_metric(label_values, value)
    return family
